using Orleans.Kpl.Pipeline.Even;

namespace Orleans.Kpl.Pipeline.Tests.Even;

/// <summary>Records that another silo forwards: it could not aim them, because no shard took records there just then.</summary>
/// <remarks>Tests <see cref="EvenTargets"/>.</remarks>
public sealed class EvenForwardedTests
{
    /// <summary>Each was charged a hash key here. Where it failed or went back, nothing gave that back: the stream's memory shrank by 16 bytes.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Route_OfARecordThatAnotherSiloAccepted_ChargesNothingHere(bool together)
    {
        using var parts = new StreamParts(static o => o.Routing = RoutingMode.Even);
        parts.ShowShards(2);
        var completer = new Pipeline.Owning.MixedCompleter(parts.Ledger, parts.Memory, parts.Telemetry);
        var targets = new EvenTargets(parts.Topology.Table, parts.Settings, new Random(1), parts.Memory);
        var router = new EvenRouter(parts.Settings, parts.Topology.Table, completer, owners: null, targets);
        var forwarded = new ProbeForwardedSink(new AcceptanceTerms(parts.Barrier.Enter(1), 0, long.MaxValue, Immediate: false));

        if (together)
            router.Route(Batch(forwarded));
        else
            router.Route(StreamParts.Record(1, new MemberRef(forwarded, 0)));
        foreach (var record in parts.TakeCall().Records)
            completer.Fail(record, RecordErrorCodes.Expired, "a failure");

        Assert.Equal((0, 0), (parts.Memory.Bytes, parts.ProcessMemory.Bytes));
        Assert.Equal(0, parts.Barrier.Open);
    }

    private static PreparedBatch Batch(OutcomeSink sink)
    {
        var batch = new PreparedBatch();
        batch.Read(new UserRecord[] { new("key", "data"u8.ToArray()) }, 0, long.MaxValue, new BatchOutcome(1), hashesKeys: true);
        batch.Sink = sink;
        return batch;
    }
}
