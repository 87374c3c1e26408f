namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>
/// The terms of the ledger, as the metrics of the same producer tell them. At rest they are equal, whatever failed: what a restart or a takeover found counts
/// as received, as it counts as accepted.
/// </summary>
internal static class LedgerTerms
{
    private const string Received = "UserRecordsReceived";
    private const string Put = "UserRecordsPut";
    private const string Failed = "UserRecordsFailed";
    private const string Unknown = "UserRecordsUnknown";

    /// <summary>Listens to the terms of one producer, which gets it as the factory of its meter.</summary>
    /// <param name="others">Other instruments to listen to.</param>
    public static MetricReader Listen(params string[] others) => new([Received, Put, Failed, Unknown, .. others]);

    /// <summary>Asserts that they are equal.</summary>
    /// <param name="reader">What the producer's meter told.</param>
    /// <param name="producer">The producer, at rest.</param>
    public static void AssertEqual(MetricReader reader, ProducerPipeline producer)
    {
        var ledger = producer.ReadLedger();
        // A counter cannot take back that a dead letter was received when it came first.
        Assert.Equal(
            (ledger.Accepted + producer.RequeuedTotal, ledger.Delivered, ledger.Failed, ledger.Unknown),
            (Of(reader, Received), Of(reader, Put), Of(reader, Failed), Of(reader, Unknown)));
    }

    /// <summary>
    /// Asserts that they are equal among silos. What one delivers for another, the other's ledger has, and the metrics of the one that delivered: their sums
    /// are equal, unless a silo was lost with outcomes that it had not told yet. Then another delivered such a record once more.
    /// </summary>
    /// <param name="silos">What the meter of each silo told, and its ledger, at rest; lost ones too.</param>
    public static void AssertEqual(IReadOnlyCollection<(MetricReader Reader, StreamLedger Ledger, bool IsLost)> silos)
    {
        foreach (var (reader, ledger, _) in silos.Where(static s => !s.IsLost))
            Assert.Equal((ledger.Accepted, ledger.Failed, ledger.Unknown), (Of(reader, Received), Of(reader, Failed), Of(reader, Unknown)));
        var (put, delivered) = (silos.Sum(static s => Of(s.Reader, Put)), silos.Sum(static s => s.Ledger.Delivered));
        if (silos.Any(static s => s.IsLost))
            Assert.InRange(put, delivered, long.MaxValue);
        else
            Assert.Equal(delivered, put);
    }

    private static long Of(MetricReader reader, string name) => (long)reader.Of(name).Total;
}
