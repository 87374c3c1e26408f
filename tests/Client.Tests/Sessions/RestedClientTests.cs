using Orleans.Kpl.Producer.Tests.Faults;

namespace Orleans.Kpl.Client.Tests.Sessions;

/// <summary>A client that has rested for longer than the silos of a tier remember it.</summary>
public sealed class RestedClientTests
{
    [Theory]
    [InlineData(1, OrderedMode.Off)]
    [InlineData(2, OrderedMode.Off)]
    [InlineData(2, OrderedMode.PutRecords)]
    public async Task Put_AfterTheSilosHaveForgottenTheClient_IsDeliveredOnce(int silos, OrderedMode mode)
    {
        await using var tier = await ClientTier.StartAsync(silos, silo: o => o.Ordered = mode, client: o => o.Ordered = mode);
        var records = ClientTier.Records(8_001);
        var results = new List<RecordResult> { await tier.Producer.PutAsync(ClientTier.Stream, records[0]).AsTask().WaitAsync(ClientTier.Long) };
        for (var silo = 0; silo < silos; silo++)
            tier.Sessions(silo).Forget(idle: TimeSpan.Zero);

        var puts = records[1..].Chunk(500).Select(c => tier.Producer.PutAsync(ClientTier.Stream, c).AsTask()).ToList();
        results.AddRange((await Task.WhenAll(puts).WaitAsync(ClientTier.Long)).SelectMany(static r => r));

        tier.AssertDelivered(records, results);
        Assert.Equal(records.Length, ConsumerView.Of(tier.Server.Kinesis, ClientTier.Stream).Count);
        Assert.Equal(new StreamLedger(records.Length, records.Length, 0, 0, 0, 0, 0), tier.Producer.GetLedger(ClientTier.Stream));
    }
}
