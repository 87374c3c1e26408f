using Orleans.Kpl.Pipeline.Backlog.Storing;

namespace Orleans.Kpl.Simulation.Stores;

/// <summary>What a store of the backlog may throw when it does not do what was asked, as data.</summary>
internal static class StoreErrors
{
    /// <summary>The kinds that its contract names.</summary>
    public static IReadOnlyList<Func<Exception>> OfContract { get; } =
    [
        static () => new BacklogStoreException("simulated: the store refused"),
        static () => new BacklogStoreException("simulated: no answer", inner: new TimeoutException("simulated")),
    ];

    /// <summary>What comes out of an SDK, and should have been translated.</summary>
    public static IReadOnlyList<Func<Exception>> OfSdk { get; } =
    [
        static () => new TimeoutException("simulated"),
        static () => new TaskCanceledException("simulated", new TimeoutException("simulated")),
        static () => new HttpRequestException("simulated"),
        static () => new IOException("simulated"),
    ];
}
