# Merges cover profiles, in which a block may come again for each test program that contains it, and prints
# the share of statements that any test has run: for each package, and in total. With -v least=92 it fails
# below that share. Generated files don't count.

FNR == 1 { next } # the mode
/\.pb\.go:/ { next }
{
	split($1, place, ":")
	if (!($1 in statements)) {
		statements[$1] = $2
		package[$1] = place[1]
		sub(/\/[^\/]*$/, "", package[$1])
	}
	if ($3 > 0) run[$1] = 1
}
END {
	for (block in statements) {
		all[package[block]] += statements[block]
		total += statements[block]
		if (block in run) {
			tested[package[block]] += statements[block]
			sum += statements[block]
		}
	}
	for (name in all) printf "%6.2f %%  %s\n", 100 * tested[name] / all[name], name | "sort -n"
	close("sort -n")
	if (total == 0) {
		print "no statement was found"
		exit 1
	}
	printf "%6.2f %%  of %d statements in total\n", 100 * sum / total, total
	if (100 * sum / total < least) {
		printf "coverage is below %s %%\n", least
		exit 1
	}
}
