using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Kpl.Pipeline.Telemetry;

namespace Orleans.Kpl.Metrics.Tests.Collecting;

/// <summary>All producers of a role in a host share one meter, and no instrument can be taken out of a meter.</summary>
public sealed class ReplacedProducerTests : IDisposable
{
    private readonly ServiceProvider _host = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public void Dispose() => _host.Dispose();

    /// <summary>The gauges of a producer that had ended went on to tell 0, beside the values of its successor and under the same names.</summary>
    [Fact]
    public void Gauges_OnceAnotherProducerHasBegun_TellOfThatOneAlone()
    {
        Make(outstanding: 0).Dispose();
        Assert.Equal([0], Read());

        using var next = Make(outstanding: 7);

        Assert.Equal([7], Read());
    }

    /// <summary>The host's meter kept each of them, with all shards that it had ever put to, for as long as the host ran.</summary>
    [Fact]
    public void AProducer_OnceAnotherHasBegun_IsNotKept()
    {
        var former = End();
        using var next = Make(outstanding: 7);

        for (var i = 0; i < 3 && former.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(former.IsAlive);

        [MethodImpl(MethodImplOptions.NoInlining)]
        WeakReference End()
        {
            var producer = Make(outstanding: 0);
            producer.Put("s", "shardId-000000000000", 1, 1);
            producer.Dispose();
            return new WeakReference(producer);
        }
    }

    private KplInstruments Make(long outstanding) => new(
        ProducerRole.Client, () => [new MeasuredStream("s") { OutstandingBytes = outstanding }], Listening.Throws, _host.GetRequiredService<IMeterFactory>());

    private List<long> Read()
    {
        List<long> told = [];
        var meters = _host.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Scope == meters && instrument.Name == KplMetrics.OutstandingBytes.Name)
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => told.Add(value));
        listener.Start();
        listener.RecordObservableInstruments();
        return told;
    }
}
