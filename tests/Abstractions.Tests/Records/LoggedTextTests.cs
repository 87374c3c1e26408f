using System.Globalization;

namespace Orleans.Kpl.Abstractions.Tests.Records;

/// <summary>What people log first tells its contents: lists were told as the names of their types, and absent numbers as a slash.</summary>
public sealed class LoggedTextTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData(RecordStatus.Accepted, "Accepted")]
    [InlineData(RecordStatus.Persisted, "Persisted")]
    public void RecordResult_ThatWasAcknowledged_IsItsStatus(RecordStatus status, string text) =>
        Assert.Equal(text, RecordResult.Acknowledged(status).ToString());

    [Fact]
    public void RecordResult_ThatWasDelivered_HasItsPlace()
    {
        Assert.Equal("Delivered shard-1 49/3", RecordResult.Delivered("shard-1", "49", 3, []).ToString());
        Assert.Equal("None", default(RecordResult).ToString());
    }

    [Fact]
    public void KplHealth_NamesItsStreams()
    {
        var health = new KplHealth
        {
            DegradedSince = At, DegradedCode = "ConnectionFailed", DegradedStreams = ["clicks", "events"], SetAside = 2,
            OldestRecordAge = TimeSpan.FromSeconds(1.5),
            Failures = new LatestFailures { Code = "Expired", Streams = ["events"], Count = 3, FirstAt = At, LastAt = At },
        };
        Assert.Equal(
            "KplHealth { IsDegraded = True, DegradedSince = 2026-01-02T03:04:05.0000000+00:00, DegradedCode = ConnectionFailed, "
            + "DegradedStreams = [clicks, events], Failures = LatestFailures { Code = Expired, Streams = [events], Count = 3, "
            + "FirstAt = 2026-01-02T03:04:05.0000000+00:00, LastAt = 2026-01-02T03:04:05.0000000+00:00, "
            + "Until = 2026-01-02T03:09:05.0000000+00:00 }, BacklogError = , SetAside = 2, OldestRecordAge = 00:00:01.5000000 }",
            health.ToString());
        Assert.Contains("DegradedStreams = [], Failures = , ", new KplHealth().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void StreamOverview_CountsItsShards()
    {
        var overview = new StreamOverview { Stream = "events", Arn = "arn", Status = "ACTIVE", Shards = [new ShardStatus { ShardId = "shard-0" }] };
        Assert.StartsWith("StreamOverview { Stream = events, Arn = arn, Status = ACTIVE, ", overview.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(", OperationId = , Shards = 1 }", overview.ToString(), StringComparison.Ordinal);
    }

    /// <summary>These write their members themselves, and must not forget a new one.</summary>
    [Theory]
    [InlineData(typeof(KplHealth))]
    [InlineData(typeof(LatestFailures))]
    [InlineData(typeof(StreamOverview))]
    public void Records_WriteAllTheirMembers(Type type)
    {
        object value = type == typeof(KplHealth) ? new KplHealth()
            : type == typeof(LatestFailures) ? new LatestFailures { Code = "" } : new StreamOverview { Stream = "", Arn = "", Status = "", Shards = [] };
        var text = Convert.ToString(value, CultureInfo.InvariantCulture)!;
        Assert.All(type.GetProperties(), p => Assert.Contains($"{p.Name} = ", text, StringComparison.Ordinal));
    }
}
