using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Silos.Tests.Nodes;

/// <summary>Rows whose lists are not answered before <see cref="Answer"/>, whoever cancels.</summary>
internal sealed class SilentRows : IStateStore
{
    private readonly MemoryStateStore _rows = new();
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when somebody has asked for a list.</summary>
    public Task Asked => _asked.Task;

    /// <summary>Answers all that was asked and will be.</summary>
    public void Answer() => _answered.SetResult();

    public Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken) => _rows.ReadAsync(kind, key, cancellationToken);

    public async Task<IReadOnlyList<StateRow>> ListAsync(string kind, CancellationToken cancellationToken)
    {
        _asked.TrySetResult();
        await _answered.Task;
        return [];
    }

    public Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken) =>
        _rows.WriteAsync(kind, key, over, text, cancellationToken);

    public Task<bool> DeleteAsync(string kind, string key, long version, CancellationToken cancellationToken) =>
        _rows.DeleteAsync(kind, key, version, cancellationToken);
}
