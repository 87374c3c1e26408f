using System.Diagnostics.Metrics;
using Orleans.Kpl.Producer.Tests.Faults;

namespace Orleans.Kpl.Client.Tests.Producing;

/// <summary>A busy client of several silos over Orleans' own calls.</summary>
/// <remarks>What it aims at is tested without Orleans, in AimedStreamTests.</remarks>
public sealed class AimedDeliveryTests
{
    private const int Burst = 20_000;

    [Fact]
    public async Task BusyClient_GivesRecordsToTheSilosThatServeThem_AndEachIsWhereItsResultSays()
    {
        await using var tier = await ClientTier.StartAsync(silos: 3, shards: 12, silo: o => o.RequestTimeout = ClientTier.Long / 3);
        long aimed = 0, wrong = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, l) =>
            {
                if (instrument.Meter.Name == KplDiagnostics.MeterName && instrument.Name.StartsWith("UserRecordsAimed", StringComparison.Ordinal))
                    l.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
            Interlocked.Add(ref instrument.Name == "UserRecordsAimed" ? ref aimed : ref wrong, value));
        listener.Start();
        List<UserRecord> records = [];
        List<RecordResult> results = [];
        await Waiting.UntilAsync(async () =>
        {
            var (aimedBefore, wrongBefore) = (Interlocked.Read(ref aimed), Interlocked.Read(ref wrong));
            var burst = ClientTier.Records(Burst, records.Count);
            var puts = burst.Chunk(500).Select(c => tier.Producer.PutAsync(ClientTier.Stream, c).AsTask()).ToList();
            results.AddRange((await Task.WhenAll(puts).WaitAsync(ClientTier.Long)).SelectMany(static r => r));
            records.AddRange(burst);
            return Interlocked.Read(ref aimed) - aimedBefore > Burst / 2 && Interlocked.Read(ref wrong) == wrongBefore;
        });

        tier.AssertDelivered(records, results);
        Assert.Equal(records.Count, ConsumerView.Of(tier.Server.Kinesis, ClientTier.Stream).Count);
    }
}
