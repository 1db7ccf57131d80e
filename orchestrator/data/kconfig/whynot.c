// SPDX-License-Identifier: GPL-2.0-only
/*
 * whynot - say what keeps a Kconfig symbol from its wanted value, and what gives it the one it has
 *
 * Linked with the objects of the tree's own scripts/kconfig, so that Kconfig
 * files are read by the parser they were written for. Run in a folder it may write to,
 * with the environment kbuild gives conf, and KCONFIG_CONFIG. Prints, for each symbol named:
 *
 *	NAME<tab>unknown
 *	NAME<tab>VALUE<tab>DEPENDENCIES<tab>VISIBLE<tab>DENYING<tab>SELECTS<tab>DEFAULT
 *
 * Each symbol of an expression comes with its [=value]. VISIBLE: the most a
 * user may ask for (y, m, n), or "-" without a prompt. DENYING: terms of the
 * dependencies that are n. SELECTS: what selects it and is not n. DEFAULT: the
 * first one whose condition holds. Lists have \001 between their entries.
 */
#include <stdio.h>

#include "lkc.h"

#define BETWEEN "\001"

/* The terms of an expression joined by `type` that are n, or that are not. */
static void terms(struct expr *e, int type, int wanted_no, struct gstr *text)
{
	if (!e)
		return;
	if ((int)e->type == type) {
		terms(e->left.expr, type, wanted_no, text);
		terms(e->right.expr, type, wanted_no, text);
		return;
	}
	if ((expr_calc_value(e) == no) != wanted_no)
		return;
	expr_gstr_print(e, text);
	str_append(text, BETWEEN);
}

static const char *tristate_name(tristate value)
{
	return value == yes ? "y" : value == mod ? "m" : "n";
}

static void decided(struct symbol *sym)
{
	struct gstr denying = str_new(), selects = str_new(), text = str_new();
	struct property *prop;
	int asked = 0;

	for_all_prompts(sym, prop)
		asked = 1;
	terms(sym->dir_dep.expr, E_AND, 1, &denying);
	terms(sym->rev_dep.expr, E_OR, 0, &selects);
	for_all_defaults(sym, prop) {
		if (prop->visible.expr && expr_calc_value(prop->visible.expr) == no)
			continue;
		expr_gstr_print(prop->expr, &text);
		if (prop->visible.expr) {
			str_append(&text, " if ");
			expr_gstr_print(prop->visible.expr, &text);
		}
		break;
	}
	printf("\t%s\t%s\t%s\t%s\n", asked ? tristate_name(sym->visible) : "-",
	       str_get(&denying), str_get(&selects), str_get(&text));
	str_free(&denying);
	str_free(&selects);
	str_free(&text);
}

int main(int argc, char **argv)
{
	int i;

	conf_parse("Kconfig");
	conf_read(NULL);
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
		printf("%s\t%s\t%s", argv[i], sym_get_string_value(sym),
		       str_get(&text));
		str_free(&text);
		decided(sym);
	}
	return 0;
}
