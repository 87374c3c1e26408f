namespace Orleans.Kpl.Http.Tests.Serving;

/// <summary>What reached the producer, copied while it was there.</summary>
internal sealed record PutRecord(string Stream, string Key, string Data, UInt128? HashKey, AckLevel? Ack);
