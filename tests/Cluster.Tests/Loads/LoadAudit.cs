using System.Globalization;
using System.Text.Json;
using Orleans.Kpl.LocalKinesis;
using Orleans.Kpl.Producer.Tests.Faults;

namespace Orleans.Kpl.Cluster.Tests.Loads;

/// <summary>Compares what callers were told with what is in Kinesis.</summary>
internal static class LoadAudit
{
    /// <summary>
    /// Every record that was told delivered is visible to KCL, in the shard and under the number that were told. No record is visible whose request was
    /// answered with 429 or 503.
    /// </summary>
    public static async Task AssertVisibleAsync(KinesisProcess kinesis, string stream, params IReadOnlyList<ToldRecord>[] loads)
    {
        var seen = await SeenAsync(kinesis, stream);
        var told = loads.SelectMany(l => l).ToList();
        Assert.Equal(told.Count, told.Select(t => t.Number).Distinct().Count());
        AssertNotTaken(seen, told);
        foreach (var record in told.Where(t => t.IsDelivered))
        {
            var places = seen[ToldRecord.KeyOf(record.Number)];
            Assert.True(
                places.Any(s => s.ShardId == record.ShardId && s.SequenceNumber == record.SequenceNumber
                    && s.Data == $"\"{ToldRecord.DataOf(record.Number)}\""),
                $"{record} is not where it was told to be, but at [{string.Join(", ", places)}]");
        }
    }

    /// <summary>Asserts that no record is visible that was never accepted.</summary>
    public static void AssertNotTaken(ILookup<string, SeenRecord> seen, IEnumerable<ToldRecord> told) =>
        Assert.All(told.Where(t => t.WasNotTaken), t => Assert.False(seen.Contains(ToldRecord.KeyOf(t.Number)), $"{t}"));

    /// <summary>Waits until what was answered as persisted is visible: it comes in the end.</summary>
    public static Task UntilVisibleAsync(KinesisProcess kinesis, string stream, IReadOnlyList<ToldRecord> told) => Waiting.UntilAsync(
        async () =>
        {
            var seen = await SeenAsync(kinesis, stream);
            return told.All(t => seen.Contains(ToldRecord.KeyOf(t.Number)));
        }, "every persisted record visible");

    /// <summary>The sum of the silos' ledgers is what callers were told, nothing is in flight, and the metrics of each say the same.</summary>
    public static async Task AssertLedgersAsync(KplClusterOptions cluster, IEnumerable<SiloProcess> silos, string stream,
        params IReadOnlyList<ToldRecord>[] loads)
    {
        var accepted = loads.SelectMany(l => l).Where(t => !t.WasNotTaken).ToList();
        var sum = new long[5];
        foreach (var silo in silos)
        {
            await using var connection = await ClusterConnection.OpenAsync(cluster, silo);
            var status = await connection.StatusAsync(stream);
            // What a lost silo had given this one may still be under way, and ends too.
            await Waiting.UntilAsync(async () => (status = await connection.StatusAsync(stream)).OutstandingRecords == 0, "no record outstanding");
            var ledger = status.Ledger;
            Assert.Equal(ledger.Accepted, ledger.Delivered + ledger.Failed + ledger.Unknown + ledger.InFlight);
            await MetricsAudit.AssertOwnAsync(silo, stream, ledger);
            long[] one = [ledger.Accepted, ledger.Delivered, ledger.Failed, ledger.Unknown, ledger.InFlight];
            sum = [.. sum.Zip(one, (a, b) => a + b)];
        }

        Assert.Equal([accepted.Count, Count(RecordStatus.Delivered), Count(RecordStatus.Failed), Count(RecordStatus.Unknown), 0], sum);

        long Count(RecordStatus status) => accepted.Count(t => t.Status == status);
    }

    /// <summary>What consumers see of a stream, by key.</summary>
    public static async Task<ILookup<string, SeenRecord>> SeenAsync(KinesisProcess kinesis, string stream) =>
        (await VisibleAsync(kinesis, stream)).ToLookup(s => s.Key);

    /// <summary>The same, one after the other.</summary>
    public static async Task<IReadOnlyList<SeenRecord>> VisibleAsync(KinesisProcess kinesis, string stream)
    {
        var ranges = await RangesAsync(kinesis, stream);
        return [.. (await kinesis.AppliedAsync(stream)).SelectMany(line => Seen(line, ranges)).Where(s => s.Visible)];
    }

    /// <summary>The shards of a stream, closed ones among them, by their ids.</summary>
    public static async Task<Dictionary<string, (UInt128 Start, UInt128 End)>> RangesAsync(KinesisProcess kinesis, string stream)
    {
        var listed = await kinesis.CallAsync("ListShards", $$"""{"StreamName":"{{stream}}"}""");
        return listed.GetProperty("Shards").EnumerateArray().ToDictionary(
            s => s.GetProperty("ShardId").GetString()!,
            s => (Number(s, "StartingHashKey"), Number(s, "EndingHashKey")));

        static UInt128 Number(JsonElement shard, string name) =>
            UInt128.Parse(shard.GetProperty("HashKeyRange").GetProperty(name).GetString()!, CultureInfo.InvariantCulture);
    }

    private static IEnumerable<SeenRecord> Seen(JsonElement line, Dictionary<string, (UInt128 Start, UInt128 End)> ranges)
    {
        var record = new AppliedRecord(
            Text("shard_id"), Text("sequence_number"), Text("partition_key"), UInt128.Parse(Text("hash_key"), CultureInfo.InvariantCulture),
            line.GetProperty("data").GetBytesFromBase64(), default, Enum.Parse<RecordMarks>(Text("marks")));
        var (start, end) = ranges[record.ShardId];
        return ConsumerView.Of(record, start, end);

        string Text(string name) => line.GetProperty(name).GetString()!;
    }
}
