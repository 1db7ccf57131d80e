// SPDX-License-Identifier: GPL-2.0-only
/*
 * whynot - say what keeps a Kconfig symbol from its wanted value
 *
 * Linked with the objects of the tree's own scripts/kconfig, so that Kconfig
 * files are read by the parser they were written for. Run in the O= directory
 * with the environment kbuild gives conf. Prints, for each symbol named:
 *
 *	NAME<tab>unknown
 *	NAME<tab>VALUE<tab>DEPENDENCIES, each symbol with its [=value]
 */
#include <stdio.h>

#include "lkc.h"

int main(int argc, char **argv)
{
	int i;

	conf_parse("Kconfig");
	conf_read(".config");
	for (i = 1; i < argc; i++) {
		struct symbol *sym = sym_find(argv[i]);
		struct gstr text = str_new();

		if (!sym || sym->type == S_UNKNOWN) {
			printf("%s\tunknown\n", argv[i]);
			continue;
		}
		sym_calc_value(sym);
		if (sym->dir_dep.expr)
			expr_gstr_print(sym->dir_dep.expr, &text);
		printf("%s\t%s\t%s\n", argv[i], sym_get_string_value(sym),
		       str_get(&text));
		str_free(&text);
	}
	return 0;
}
