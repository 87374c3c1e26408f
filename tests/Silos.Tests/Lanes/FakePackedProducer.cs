using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Silos.Lanes;

namespace Orleans.Kpl.Silos.Tests.Lanes;

/// <summary>Does with each batch what a test says.</summary>
internal sealed class FakePackedProducer(Action<PackedRecords, IBatchOutcomes> take) : IPackedProducer
{
    public ValueTask EnqueueAsync(
        string stream, PackedRecords records, IBatchOutcomes batch, PutOptions? options, CancellationToken cancellationToken = default)
    {
        take(records, batch);
        return ValueTask.CompletedTask;
    }

    public Task FlushAsync(string? stream = null, CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <summary>Packs so many records.</summary>
    public static byte[] Pack(int records)
    {
        var writer = new PackedRecordsWriter();
        for (var i = 0; i < records; i++)
            Assert.True(writer.TryAdd("key", [1]));
        return writer.ToArray();
    }
}

/// <summary>Another silo, which answers the batches that are passed on to it, and nothing else.</summary>
internal sealed class FakeFarSilo(Func<Task<ClientReply>> answer) : ILaneCalls
{
    public Task<ClientReply> AcceptAsync(ClientBatch batch) => answer();

    public Task<ClientReply> OpenAsync(ClientRequest request) => throw new NotSupportedException();

    public Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request) => throw new NotSupportedException();

    public Task<ClientReply> FlushAsync(ClientRequest request) => throw new NotSupportedException();

    public Task<ClientReply> CloseAsync(ClientRequest request) => throw new NotSupportedException();
}
