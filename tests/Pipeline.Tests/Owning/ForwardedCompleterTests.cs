using Orleans.Kpl.Pipeline.Owning;

namespace Orleans.Kpl.Pipeline.Tests.Owning;

public sealed class ForwardedCompleterTests
{
    [Fact]
    public void Complete_KeepsBooksOfEveryWayARecordCanEnd()
    {
        using var parts = new StreamParts();
        var sink = parts.NewSink(4);
        RecordResult[] results =
        [
            RecordResult.Delivered("shardId-000000000000", "17", 0, []),
            RecordResult.Acknowledged(RecordStatus.Persisted),
            RecordResult.NotDelivered(RecordStatus.Unknown, RecordErrorCodes.OwnerLost, "lost", PipelineHarness.Record(2)),
            RecordResult.NotDelivered(RecordStatus.Failed, RecordErrorCodes.Expired, "late", PipelineHarness.Record(3)),
        ];

        parts.ForwardedCompleter.Complete([.. results.Select((r, i) => new ForwardedOutcome(new MemberRef(sink, i), StreamParts.ChargeOf(0), r))]);

        Assert.Equal(new StreamLedger(4, 1, 1, 1, 0, 1, 0), parts.Ledger.Read());
        Assert.Equal((0, 0), (parts.ProcessMemory.Records, parts.ProcessMemory.Bytes));
        Assert.Equal(results.Select(r => r.Status), sink.Results.Values.Select(r => r.Status));
        Assert.Equal([4], sink.Runs);
        Assert.Equal(0, parts.Barrier.Open);
        Assert.Equal(2, parts.Events.Said.Count(s => s.StartsWith("record failed", StringComparison.Ordinal)));
    }

    /// <summary>The outcomes behind it had been taken from whoever sent them, and were told to nobody.</summary>
    [Fact]
    public void Complete_WhereASinkThrows_TellsThoseBehindIt()
    {
        using var parts = new StreamParts();
        var (broken, next) = (parts.NewSink(2), parts.NewSink());
        var delivered = RecordResult.Delivered("shardId-000000000000", "17", 0, []);

        // The probe takes no second result.
        parts.ForwardedCompleter.Complete(
            [.. new[] { broken, broken, next }.Select(s => new ForwardedOutcome(new MemberRef(s, 0), StreamParts.ChargeOf(0), delivered))]);

        Assert.Equal(RecordStatus.Delivered, next.Result.Status);
        Assert.Equal((3, 0, 0L), (parts.Ledger.Read().Delivered, parts.Barrier.Open, parts.ProcessMemory.Bytes));
        Assert.Single(parts.Events.Defects);
        parts.Events.Defects.Clear();
    }
}
