/* For wcwidth. */
#define _XOPEN_SOURCE 700

#include "CNcurses.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

WINDOW *nc_open(const char *term) {
  /* newterm prints nothing and returns NULL for an unknown terminal, where initscr would end the process. */
  SCREEN *screen = newterm(term, stdout, stdin);
  if (screen == NULL) return NULL;
  set_term(screen);
  if (tigetstr("cup") == NULL || tigetstr("cup") == (char *)-1) {
    endwin();
    delscreen(screen);
    return NULL;
  }
  return stdscr;
}

int nc_put(WINDOW *window, int y, int x, wchar_t glyph, attr_t attributes, int pair) {
  cchar_t cell;
  const wchar_t text[2] = {glyph, 0};
  /* The last argument lifts the limit of short pair numbers. */
  if (setcchar(&cell, text, attributes, 0, &pair) == ERR) return ERR;
  return mvwadd_wch(window, y, x, &cell);
}

int nc_width(wchar_t glyph) { return wcwidth(glyph); }

int nc_colours(void) { return has_colors() ? COLORS : 0; }

void nc_mouse(bool on) {
  mousemask(on ? ALL_MOUSE_EVENTS : 0, NULL);
  mouseinterval(0);
}

unsigned long nc_mouse_event(int *x, int *y) {
  MEVENT event;
  if (getmouse(&event) != OK) return 0;
  *x = event.x;
  *y = event.y;
  if (event.bstate & nc_wheel_up) return nc_wheel_up;
  if (event.bstate & nc_wheel_down) return nc_wheel_down;
  if (event.bstate & nc_click) return nc_click;
  return 0;
}
