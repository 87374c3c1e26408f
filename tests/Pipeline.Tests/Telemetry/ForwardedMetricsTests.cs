using Orleans.Kpl.Pipeline.Telemetry;
using Orleans.Kpl.Pipeline.Telemetry.Reporting;

namespace Orleans.Kpl.Pipeline.Tests.Telemetry;

/// <summary>What a process counts of records that ended in another one.</summary>
public sealed class ForwardedMetricsTests
{
    [Fact]
    public void Silo_CountsFailuresOfItsRecords_AndLeavesDeliveriesToTheOwner()
    {
        using var reader = EndEachWay(ProducerRole.Silo);

        Assert.Equal(0, reader.Of("UserRecordsPut").Count);
        Assert.Equal((1, 1, 1), Ends(reader));
        Assert.Equal(1, reader.Of("RetriesPerRecord").Count);
    }

    [Fact]
    public void Client_CountsDeliveriesToo()
    {
        using var reader = EndEachWay(ProducerRole.Client);

        Assert.Equal(1, reader.Of("UserRecordsPut", "ShardId=shardId-000000000000").Total);
        Assert.Equal((1, 1, 1), Ends(reader));
        Assert.Equal((2, 2), (reader.Of("RetriesPerRecord").Count, reader.Of("BufferingTime").Count));
    }

    /// <summary>Records of a client whose silo's clock was 40 s ahead had waited for 40 s by its metrics; where it was behind, for nothing.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(40)]
    [InlineData(-40)]
    public void Client_WhoseSilosClockIsAnother_TellsHowLongItsRecordsWaited(int ahead)
    {
        using var reader = new MetricReader();
        using var parts = new StreamParts();
        using var instruments = new KplInstruments(ProducerRole.Client, static () => [], Listening.Throws, reader);
        var telemetry = new StreamTelemetry(PipelineHarness.Stream, instruments, parts.Events, parts.Services.Notifier, parts.Clock, parts.Health);
        var member = new MemberRef(parts.NewSink(1), 0);
        var silo = parts.Time.GetUtcNow().AddSeconds(ahead);
        Attempt[] attempts =
        [
            new() { StartedAt = silo.AddMilliseconds(100), EndedAt = silo.AddMilliseconds(120), ErrorCode = RecordErrorCodes.Throttled },
            new() { StartedAt = silo.AddMilliseconds(170), EndedAt = silo.AddMilliseconds(200) },
        ];
        parts.Time.Advance(TimeSpan.FromMilliseconds(200));

        telemetry.Ended(member, RecordResult.Delivered("shardId-000000000000", "17", 0, attempts));

        Assert.Equal(new MetricReader.Sum(2, 100 + 50), reader.Of("BufferingTime"));
        Assert.Equal(new MetricReader.Sum(1, 1), reader.Of("RetriesPerRecord"));
    }

    private static (double Failed, double Expired, double Unknown) Ends(MetricReader reader) =>
        (reader.Of("UserRecordsFailed").Total, reader.Of("UserRecordExpired").Total, reader.Of("UserRecordsUnknown").Total);

    private static MetricReader EndEachWay(ProducerRole role)
    {
        var reader = new MetricReader();
        using var instruments = new KplInstruments(role, static () => [], Listening.Throws, reader);
        using var parts = new StreamParts();
        var sink = parts.NewSink(4);
        var telemetry = new StreamTelemetry(
            PipelineHarness.Stream, instruments, parts.Events, parts.Services.Notifier, parts.Clock, parts.Health);
        var attempt = new Attempt { StartedAt = parts.Clock.ToUtc(10), EndedAt = parts.Clock.ToUtc(20) };
        RecordResult[] results =
        [
            RecordResult.Delivered("shardId-000000000000", "17", 0, [attempt]),
            RecordResult.Acknowledged(RecordStatus.Persisted),
            RecordResult.NotDelivered(RecordStatus.Unknown, RecordErrorCodes.OwnerLost, "lost", PipelineHarness.Record(2)),
            RecordResult.NotDelivered(
                RecordStatus.Failed, RecordErrorCodes.Expired, "late", PipelineHarness.Record(3), [attempt with { ErrorCode = RecordErrorCodes.Expired }]),
        ];
        for (var i = 0; i < results.Length; i++)
            telemetry.Ended(new MemberRef(sink, i), results[i]);
        return reader;
    }
}
