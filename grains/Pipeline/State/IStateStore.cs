namespace Orleans.Kpl.Pipeline.State;

/// <summary>
/// Keeps small rows, each written only over the version that its writer has seen: of two who write at once one learns that it
/// was too late. Reads see every write that was acknowledged before.
/// </summary>
internal interface IStateStore
{
    /// <summary>The row; null for none.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or refused.</exception>
    Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken);

    /// <summary>Every row of a kind, in the order of their keys.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or refused.</exception>
    Task<IReadOnlyList<StateRow>> ListAsync(string kind, CancellationToken cancellationToken);

    /// <summary>Writes a row as the version after the given one (0: it is new). Null when another version is there: nothing was written.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or refused; the row may have been written.</exception>
    Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken);

    /// <summary>Deletes that version of a row. False when another one is there, or none.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or refused; the row may have been deleted.</exception>
    Task<bool> DeleteAsync(string kind, string key, long version, CancellationToken cancellationToken);
}

/// <summary>The store of shared state did not do what it was asked.</summary>
internal sealed class StateStoreException(string message, Exception? inner = null) : Exception(message, inner);
