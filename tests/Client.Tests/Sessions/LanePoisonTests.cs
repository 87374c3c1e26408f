using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Client.Tests.Sessions;

/// <summary>What a client may send that no client of ours would.</summary>
public sealed class LanePoisonTests
{
    [Fact]
    public async Task Accept_OfRubbish_IsInvalidAndTheSessionGoesOn()
    {
        await using var tier = await ClientTier.StartAsync(silos: 1, shards: 1);
        var lane = tier.Cluster.Client.GetGrain<IClientLane>("7/events");
        var session = Guid.NewGuid();
        var opened = await lane.Open(new ClientRequest { Session = session });

        Assert.Equal(ClientVerdict.Invalid, await VerdictAsync([9, 9, 9], 1_024));
        Assert.Equal(ClientVerdict.Invalid, await VerdictAsync([], 1_024));
        Assert.Equal(ClientVerdict.Invalid, await VerdictAsync(Pack(0), 1_024));
        Assert.Equal(ClientVerdict.Invalid, await VerdictAsync(Pack(ClientBatch.MaxRecords + 1), 1_024));
        Assert.Equal(ClientVerdict.Invalid, await VerdictAsync(Pack(1), -5));
        Assert.Equal(ClientVerdict.Invalid, await VerdictAsync(Pack(1), 1_024, new PutOptions { TimeToLive = TimeSpan.FromTicks(-1) }));
        Assert.Equal(ClientVerdict.Accepted, await VerdictAsync(Pack(3), 1_024));
        Assert.Equal(ClientVerdict.Accepted, await VerdictAsync(Pack(3), 1_024));
        Assert.Equal(3, await TakeAsync());
        Assert.Equal(ClientVerdict.Forgotten, (await lane.Accept(Batch(Guid.NewGuid(), Pack(1), 1_024, null))).Verdict);

        async Task<ClientVerdict> VerdictAsync(byte[] records, long first, PutOptions? options = null) =>
            (await lane.Accept(Batch(session, records, first, options))).Verdict;

        ClientBatch Batch(Guid id, byte[] records, long first, PutOptions? options) =>
            new() { Session = id, Silo = opened.Silo, FirstRecord = first, Records = records, Options = options };

        async Task<int> TakeAsync()
        {
            var (ended, acknowledged) = (0, 0L);
            while (ended < 3)
            {
                var outcomes = await lane.TakeOutcomes(new ClientRequest { Session = session, Silo = opened.Silo, AcknowledgedUpTo = acknowledged });
                Assert.Equal(outcomes.Messages.Length == 0 ? outcomes.FirstMessage : acknowledged + 1, outcomes.FirstMessage);
                acknowledged += outcomes.Messages.Length;
                ended += outcomes.Messages.Sum(m => PackedOutcomes.Parse(m).Count);
            }

            return ended;
        }
    }

    private static byte[] Pack(int count)
    {
        var writer = new PackedRecordsWriter();
        for (var i = 0; i < count; i++)
            Assert.True(writer.TryAdd($"key-{i}", [1, 2, 3]));
        return writer.ToArray();
    }
}
