using Orleans.Streams;

namespace Orleans.Kpl.Grains.Bridging;

/// <summary>Takes the events of a stream that no bridge is for: its namespace is bridged, its provider is not.</summary>
internal sealed class PassedOverStream : IAsyncBatchObserver<object>
{
    public Task OnNextAsync(IList<SequentialItem<object>> items) => Task.CompletedTask;

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
}
