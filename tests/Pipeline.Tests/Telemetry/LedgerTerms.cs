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
    public static MetricReader Listen() => new(Received, Put, Failed, Unknown);

    /// <summary>Asserts that they are equal.</summary>
    /// <param name="reader">What the producer's meter told.</param>
    /// <param name="producer">The producer, at rest.</param>
    public static void AssertEqual(MetricReader reader, ProducerPipeline producer)
    {
        var ledger = producer.ReadLedger();
        // A counter cannot take back that a dead letter was received when it came first.
        Assert.Equal(
            (ledger.Accepted + producer.RequeuedTotal, ledger.Delivered, ledger.Failed, ledger.Unknown),
            (Of(Received), Of(Put), Of(Failed), Of(Unknown)));

        long Of(string name) => (long)reader.Of(name).Total;
    }
}
