namespace Orleans.Kpl.Pipeline.State;

/// <summary>
/// Stores small rows. A write replaces only the version that its writer has read, so of two concurrent writers one learns that it was too late. Reads
/// see every write that was acknowledged before.
/// </summary>
internal interface IStateStore
{
    /// <summary>Reads a row; null for none.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or it refused.</exception>
    Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken);

    /// <summary>Lists every row of a kind, in the order of their keys.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or it refused.</exception>
    Task<IReadOnlyList<StateRow>> ListAsync(string kind, CancellationToken cancellationToken);

    /// <summary>
    /// Writes a row as the version after the given one (0: it is new). Null when the store has another version; nothing is then written.
    /// </summary>
    /// <exception cref="StateStoreException">The store did not answer, or it refused; the row may have been written.</exception>
    Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken);

    /// <summary>Deletes that version of a row. False when the store has another version, or none.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or it refused; the row may have been deleted.</exception>
    Task<bool> DeleteAsync(string kind, string key, long version, CancellationToken cancellationToken);
}

/// <summary>An operation on the store of shared state failed.</summary>
internal sealed class StateStoreException(string message, Exception? inner = null) : Exception(message, inner);
