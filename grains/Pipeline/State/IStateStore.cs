using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Orleans.Kpl.Pipeline.State;

/// <summary>
/// Keeps rows. A write replaces only the version that its writer has read, so of two concurrent writers one learns that it was too late. Reads see every
/// write that was acknowledged before.
/// </summary>
internal interface IRowStore
{
    /// <summary>Reads a row; null for none.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or it refused.</exception>
    Task<StateRow?> ReadAsync(string kind, string key, CancellationToken cancellationToken);

    /// <summary>
    /// Writes a row as the version after the given one (0: it is new). Null when the store has another version; nothing is then written. A write whose answer
    /// was lost may be repeated, by the store's client or by the caller: the repetition meets the row of the first and returns it. An empty text tells
    /// nothing of its writer: null is then the answer, though the row may have been written.
    /// </summary>
    /// <exception cref="StateStoreException">The store did not answer, or it refused; the row may have been written.</exception>
    Task<StateRow?> WriteAsync(string kind, string key, long over, string text, CancellationToken cancellationToken);
}

/// <summary>Stores small rows that several processes share.</summary>
internal interface IStateStore : IRowStore
{
    /// <summary>Since when each call to the store has failed; null after one that did not.</summary>
    StoreTrouble? Trouble => null;

    /// <summary>Lists every row of a kind, in the order of their keys.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or it refused.</exception>
    Task<IReadOnlyList<StateRow>> ListAsync(string kind, CancellationToken cancellationToken);

    /// <summary>Deletes that version of a row. False when the store has another version. One that is gone may have been deleted by an earlier try.</summary>
    /// <exception cref="StateStoreException">The store did not answer, or it refused; the row may have been deleted.</exception>
    Task<bool> DeleteAsync(string kind, string key, long version, CancellationToken cancellationToken);
}

/// <summary>An operation on the store of shared state failed.</summary>
internal sealed class StateStoreException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A store that answers no call.</summary>
/// <param name="Since">When the first of the calls failed.</param>
/// <param name="Why">Why the last one did.</param>
internal sealed record StoreTrouble(DateTimeOffset Since, string Why);

/// <summary>A small piece of state that several processes share.</summary>
/// <param name="Kind">The kind of the state, such as <c>epoch:events</c>.</param>
/// <param name="Key">Identifies the row within its kind.</param>
/// <param name="Version">How often it was written. A write names the version that it replaces.</param>
internal sealed record StateRow(string Kind, string Key, long Version, string Text);

/// <summary>
/// Lists how a call to a store over the network can fail beside the store's own refusals. A call without an answer is told as time-out or as
/// cancellation, and what the transport and the reader throw is passed on. Whoever waits for the store tries again, whichever of these it was.
/// </summary>
internal static class StoreFailures
{
    /// <summary>The exceptions of calls that failed, with all that derive from them.</summary>
    public static IReadOnlyList<Type> Kinds { get; } =
    [
        typeof(HttpRequestException), typeof(WebException), typeof(SocketException), typeof(IOException), typeof(TimeoutException),
        typeof(OperationCanceledException), typeof(JsonException),
    ];

    /// <summary>Whether the call failed; false for a call that its own caller canceled, and for a defect.</summary>
    /// <param name="kinds">The kinds that count as failures of a call.</param>
    /// <param name="cancellationToken">The caller's own.</param>
    public static bool IsOne(Exception exception, IReadOnlyList<Type> kinds, CancellationToken cancellationToken) =>
        kinds.Any(k => k.IsInstanceOfType(exception)) && !(exception is OperationCanceledException && cancellationToken.IsCancellationRequested);
}
