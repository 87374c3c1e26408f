using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Silos.Tests.Leases;

/// <summary>Passes everything on to other rows, save for what a test changes.</summary>
internal abstract class RowsOver(IStateStore inner) : IStateStore
{
    protected IStateStore Inner => inner;

    public virtual Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken) => inner.ReadAsync(kind, key, cancellationToken);

    public virtual Task<IReadOnlyList<StateRow>> ListAsync(string kind, CancellationToken cancellationToken) => inner.ListAsync(kind, cancellationToken);

    public virtual Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken) =>
        inner.WriteAsync(kind, key, over, text, cancellationToken);

    public virtual Task<bool> DeleteAsync(string kind, string key, long version, CancellationToken cancellationToken) =>
        inner.DeleteAsync(kind, key, version, cancellationToken);
}

/// <summary>Rows of which the test has some readings and writes fail: it is asked with kind and key.</summary>
internal sealed class FailingRows(IStateStore? inner = null) : RowsOver(inner ?? new MemoryStateStore())
{
    public Func<string, string, Exception?> OnRead { get; init; } = static (_, _) => null;

    public Func<string, string, Exception?> OnWrite { get; init; } = static (_, _) => null;

    public override Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken) =>
        OnRead(kind, key) is { } failure ? Task.FromException<StateRow?>(failure) : base.ReadAsync(kind, key, cancellationToken);

    public override Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken) =>
        OnWrite(kind, key) is { } failure ? Task.FromException<StateRow?>(failure) : base.WriteAsync(kind, key, over, text, cancellationToken);
}
