using Orleans.Kpl.Deaggregation;
using Orleans.Kpl.Pipeline.Aggregation;
using Orleans.Kpl.Pipeline.Kinesis;
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
        await using var harness = new PipelineHarness(shards: 1, configure: o => o.MaxConnections = 1);
        await harness.DriveAsync(await harness.EnqueueAsync(PipelineHarness.Record(0)));
        List<byte[]> sent = [];
        var claims = new List<(string, string, int)>();
        harness.Kinesis.BeforePut = (entries, _) =>
        {
            sent = [.. entries.ToArray().Select(e => e.Data.ToArray())];
            return default;
        };
        harness.Kinesis.Answer = reply =>
        {
            for (var i = 0; i < sent.Count; i++)
                claims.AddRange(ClaimsMemberByMember(harness, sent[i], reply.Entries[i]));
            return reply;
        };
        harness.Kinesis.Reshard(FakeKinesis.Even(2, firstId: 1));

        var results = await harness.DriveAsync(harness.Producer.PutAsync(PipelineHarness.Stream, PipelineHarness.Records(1_000)).AsTask());

        Visible.Check(harness, results);
        var places = Visible.Places(harness);
        Assert.Contains(claims, c => !places.Contains(c));
    }

    private static IEnumerable<(string, string, int)> ClaimsMemberByMember(PipelineHarness harness, byte[] data, PutRecordsReplyEntry answer)
    {
        var shard = harness.Kinesis.Shards.Single(s => s.ShardId == answer.ShardId);
        if (!AggregateReader.TryOpen(data, out var reader, out _))
            yield break;
        for (var index = 0; reader.MoveNext(); index++)
        {
            if (shard.Contains(reader.Current.HashKey))
                yield return (answer.ShardId!, answer.SequenceNumber!, index);
        }
    }
}
