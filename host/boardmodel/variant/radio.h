// The Wi-Fi driver's side of network.WLAN, for the one interface that is modelled (station).
#pragma once

#include <stdbool.h>
#include <stddef.h>

// What connect() can refuse.
enum { RADIO_FINE, RADIO_NOT_STARTED, RADIO_CONNECTING };

void radio_set_active(bool active);
bool radio_active(void);
int radio_connect(const char *ssid, size_t ssid_len, const char *password, size_t password_len);
int radio_reconnect(void);
int radio_disconnect(void);
int radio_status(void);
bool radio_connecting(void);
void radio_set_reconnects(int tries);
int radio_reconnects(void);
const char *radio_ssid(void);
