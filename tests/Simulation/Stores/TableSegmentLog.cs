using Orleans.Kpl.Pipeline.Backlog.Storing;
using Orleans.Kpl.Pipeline.Tests.Backlog.Storing;

namespace Orleans.Kpl.Simulation.Stores;

/// <summary>One log of a <see cref="BacklogTable"/>, as one owner has it.</summary>
internal sealed class TableSegmentLog(
    TableBacklogStore store, MemoryLogState log, int owner, IReadOnlyList<SegmentEntry> found, long next, byte[] progress) : ISegmentLog
{
    public int MaxAppends => 4;

    public int MaxSegmentBytes => 12 << 20;

    public int TargetSegmentBytes => 256 << 10;

    public IReadOnlyList<SegmentEntry> Found => found;

    public long NextNumber => next;

    public ReadOnlyMemory<byte> Progress => progress;

    public Task AppendAsync(long number, ReadOnlyMemory<byte> segment, CancellationToken cancellationToken)
    {
        var bytes = segment.ToArray();
        return store.CallAsync($"append {number}, {bytes.Length} bytes", () => Append(number, bytes), cancellationToken);
    }

    public Task<byte[]?> ReadAsync(long number, CancellationToken cancellationToken) =>
        store.CallAsync($"read {number}", () => log.Read(number), cancellationToken);

    public Task SaveProgressAsync(ReadOnlyMemory<byte> progress, CancellationToken cancellationToken)
    {
        var bytes = progress.ToArray();
        return store.CallAsync("save progress", () => Done(() => log.Save(owner, bytes)), cancellationToken);
    }

    public Task RemoveAsync(IReadOnlyList<long> numbers, CancellationToken cancellationToken)
    {
        long[] all = [.. numbers];
        return store.CallAsync($"remove {all.Length} segments", () => Done(() => log.Remove(owner, all)), cancellationToken);
    }

    public Task<string> SetAsideAsync(long number, CancellationToken cancellationToken) => store.CallAsync(
        $"set {number} aside",
        () =>
        {
            log.SetAside(owner, number);
            return $"table, {number}";
        },
        cancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool Append(long number, byte[] bytes)
    {
        if (store.IsFull)
            throw new BacklogStoreException("simulated: no space", isFull: true);
        log.Append(owner, number, bytes);
        return true;
    }

    private static bool Done(Action action)
    {
        action();
        return true;
    }
}
