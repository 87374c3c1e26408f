using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Sending;
using Orleans.Kpl.Pipeline.Tests.Simulation;

namespace Orleans.Kpl.Pipeline.Tests.Whole;

public sealed class PerMemberPolicyTests
{
    /// <summary>
    /// KPL judges member by member (<c>retrier.cc</c>, succeed_if_correct_shard): what lies in the range of the shard that took the
    /// aggregate is reported as delivered. KCL drops the whole aggregate where one member does not.
    /// </summary>
    [Fact]
    public async Task SplitUnderLoad_AMemberByMemberPolicyClaimsWhatNoConsumerSees_OursDoesNot()
    {
        await using var bench = new PipelineHarness(shards: 1, configure: o => o.MaxConnections = 1);
        await bench.DriveAsync(await bench.EnqueueAsync(PipelineHarness.Record(0)));
        List<byte[]> sent = [];
        var claims = new List<(string, string, int)>();
        bench.Kinesis.BeforePut = (entries, _) =>
        {
            sent = [.. entries.ToArray().Select(e => e.Data.ToArray())];
            return default;
        };
        bench.Kinesis.Answer = reply =>
        {
            for (var i = 0; i < sent.Count; i++)
                claims.AddRange(ClaimsMemberByMember(bench, sent[i], reply.Entries[i]));
            return reply;
        };
        bench.Kinesis.Reshard(FakeKinesis.Even(2, firstId: 1));

        var results = await bench.DriveAsync(bench.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(1_000)).AsTask());

        Visible.Check(bench, results);
        var places = Visible.Places(bench);
        Assert.Contains(claims, c => !places.Contains(c));
    }

    private static IEnumerable<(string, string, int)> ClaimsMemberByMember(PipelineHarness bench, byte[] data, PutRecordsReplyEntry answer)
    {
        var shard = bench.Kinesis.Shards.Single(s => s.ShardId == answer.ShardId);
        if (!AggregateReader.TryOpen(data, out var reader, out _))
            yield break;
        for (var index = 0; reader.MoveNext(); index++)
        {
            if (shard.Contains(reader.Current.HashKey))
                yield return (answer.ShardId!, answer.SequenceNumber!, index);
        }
    }
}
