/* What Swift needs of ncurses beyond the functions it can import, and the restore that may run inside a signal handler. */
#ifndef TOCSIN_CNCURSES_H
#define TOCSIN_CNCURSES_H

#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <locale.h>
#include <stdbool.h>
#include <wchar.h>
#include <curses.h>
#include <term.h>

enum { nc_bold = A_BOLD, nc_dim = A_DIM, nc_reverse = A_REVERSE, nc_underline = A_UNDERLINE };
enum { nc_click = BUTTON1_PRESSED | BUTTON1_CLICKED, nc_wheel_up = BUTTON4_PRESSED, nc_wheel_down = BUTTON5_PRESSED };

/* Opens the terminal on standard input and output under this TERM; NULL when terminfo does not know it or the entry
   cannot move the cursor. */
WINDOW *nc_open(const char *term);
/* Puts one character; any pair number. */
int nc_put(WINDOW *window, int y, int x, wchar_t glyph, attr_t attributes, int pair);
/* Columns of a character by the C library's own table; -1 for one it cannot print. */
int nc_width(wchar_t glyph);
/* The number of colours of the open terminal. */
int nc_colours(void);
/* Asks for clicks and the wheel, or for nothing. */
void nc_mouse(bool on);
/* The newest mouse event: kind (one of the enum above, 0 for none), column and line. */
unsigned long nc_mouse_event(int *x, int *y);

/* Remembers how the terminal is to be left, and installs handlers for ABRT, SEGV, ILL, TRAP, BUS and FPE that leave it so
   and then let the signal do what it does. Call after nc_open. */
void nc_guard(void);
/* Leaves the terminal as it was found, with async-signal-safe calls only. */
void nc_restore(void);

#endif
