"""The board's USB port as RFC 2217 over TCP, DTR and RTS included; one program at a time."""

import contextlib
import socket
import struct
import threading

from host.devkit.line import START_BAUD, Line
from host.devkit.reset_circuit import ResetCircuit
from host.errors import UserError

LOOPBACK = "127.0.0.1"
_KEPT_BYTES = 64 * 1024
"""What a program that does not read may leave unread, as in a serial driver; the rest is lost."""
_TAKEOVER_S = 1.0
"""How long a new program waits for the one before it to be gone."""
_RECEIVE_BYTES = 4096
_NOT_RFC2217 = (KeyError, TypeError, struct.error)
"""What pyserial's PortManager raises for a request that is none."""


class Rfc2217Port:
    """Listens while the cable is in.

    port = Rfc2217Port(line, circuit, tcp_port=0, or_any=False)
    port.open(); port.url; port.close()
    """

    def __init__(self, line: Line, circuit: ResetCircuit, tcp_port: int, or_any: bool) -> None:
        self.tcp_port = tcp_port
        self._or_any = or_any
        self._line = line
        self._circuit = circuit
        self._listener: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._client: _Client | None = None

    @property
    def url(self) -> str:
        return f"rfc2217://{LOOPBACK}:{self.tcp_port}"

    @property
    def baud(self) -> int:
        client = self._client
        return client.port.baudrate if client else START_BAUD

    def send(self, data: bytes) -> None:
        client = self._client
        if client:
            client.send(data)

    def open(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._bind(listener)
        except OSError as error:
            listener.close()
            raise UserError(
                f"TCP port {self.tcp_port} cannot be used ({error.strerror}); choose another one"
            ) from None
        listener.listen()
        self.tcp_port = listener.getsockname()[1]
        self._listener = listener
        self._thread = threading.Thread(
            target=self._accept, args=(listener,), name="rfc2217", daemon=True
        )
        self._thread.start()

    def _bind(self, listener: socket.socket) -> None:
        try:
            listener.bind((LOOPBACK, self.tcp_port))
        except OSError:
            if not self._or_any:
                raise
            listener.bind((LOOPBACK, 0))
        self._or_any = False  # plugged in again, it is to be where it was

    def close(self) -> None:
        listener, self._listener = self._listener, None
        if listener is None:
            return
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes accept
        listener.close()
        if self._thread:
            self._thread.join()
        client = self._client
        if client:
            client.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            previous = self._client
            if previous:
                previous.gone.wait(_TAKEOVER_S)
                if not previous.gone.is_set():
                    connection.close()  # busy
                    continue
            self._client = _Client(connection, self._line, self._circuit)


class _Client:
    """One program's connection: what it sends, what it is sent, its settings."""

    def __init__(self, connection: socket.socket, line: Line, circuit: ResetCircuit) -> None:
        from serial.rfc2217 import PortManager

        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.gone = threading.Event()
        self.port = _Port(circuit, self._forget, line.drop_output)
        self._connection = connection
        self._line = line
        self._circuit = circuit
        self._unsent = bytearray()
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self._manager = PortManager(self.port, self)
        threading.Thread(target=self._read, name="rfc2217 in", daemon=True).start()
        threading.Thread(target=self._write, name="rfc2217 out", daemon=True).start()

    def send(self, data: bytes) -> None:
        with self._changed:
            if len(self._unsent) < _KEPT_BYTES:
                self._unsent += data
                self._changed.notify_all()

    def write(self, data: bytes) -> None:
        """PortManager's own way out: what it negotiates."""
        with self._writing, contextlib.suppress(OSError):
            self._connection.sendall(data)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self.gone.wait()

    def _forget(self) -> None:
        with self._changed:
            self._unsent.clear()

    def _read(self) -> None:
        try:
            while True:
                data = self._connection.recv(_RECEIVE_BYTES)
                if not data:
                    break
                plain = b"".join(self._manager.filter(data))
                if plain:
                    self._line.from_host(plain, self.port.baudrate)
        except (OSError, *_NOT_RFC2217):
            pass
        finally:
            # The driver lets go of both lines when the last program closes the port.
            self._circuit.drive(dtr=False, rts=False)
            with self._changed:
                self.gone.set()
                self._changed.notify_all()
            self._connection.close()

    def _write(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._unsent or self.gone.is_set())
                if self.gone.is_set():
                    return
                data = bytes(self._unsent)
                self._unsent.clear()
            self.write(b"".join(self._manager.escape(data)))


class _Port:
    """What pyserial's PortManager takes for the serial port behind it."""

    cts = dsr = ri = cd = False  # not wired on the board

    def __init__(self, circuit: ResetCircuit, forget_input, forget_output) -> None:
        self.baudrate = START_BAUD
        self.bytesize = 8
        self.parity = "N"
        self.stopbits = 1
        self.xonxoff = self.rtscts = False
        self.break_condition = False
        self.reset_input_buffer = forget_input
        self.reset_output_buffer = forget_output
        self._circuit = circuit

    @property
    def dtr(self) -> bool:
        return self._circuit.dtr

    @dtr.setter
    def dtr(self, on: bool) -> None:
        self._circuit.drive(dtr=on)

    @property
    def rts(self) -> bool:
        return self._circuit.rts

    @rts.setter
    def rts(self, on: bool) -> None:
        self._circuit.drive(rts=on)
