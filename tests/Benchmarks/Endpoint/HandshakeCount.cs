namespace Orleans.Kpl.Benchmarks.Endpoint;

/// <summary>How many handshakes of TLS an endpoint has made, and what the last one agreed on.</summary>
internal sealed record HandshakeCount(long Handshakes, string Cipher);
