using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Simulation.Stores;

/// <summary>How calls to a store of the backlog fare at the moment.</summary>
internal sealed class StoreWeather
{
    /// <summary>How a table's calls travel.</summary>
    public Weather Network { get; } = new() { OneWay = TimeSpan.FromMilliseconds(4) };

    /// <summary>What every call fails with; null where calls work.</summary>
    public Func<Exception>? Error { get; set; }

    /// <summary>Whether there is no space.</summary>
    public bool IsFull { get; set; }

    /// <summary>Until when no call is answered.</summary>
    public long SilentUntil { get; set; }

    /// <summary>Whether the next write of a shard's owner is made, and its answer lost.</summary>
    public bool LosesNextEpoch { get; set; }
}

/// <summary>
/// What the SDK throws where a store does not do what was asked, as data. The simulated stores throw it where the SDK would, and the product's own
/// list decides whether it counts as a failure of the store. A kind that is missing there comes out as it is.
/// </summary>
internal static class StoreErrors
{
    /// <summary>What a call throws to which nothing was done, or of which nobody knows.</summary>
    public static IReadOnlyList<Func<Exception>> Refusals { get; } =
    [
        static () => new SdkException("simulated: throttled"),
        static () => new HttpRequestException("simulated: no connection", new SocketException((int)SocketError.ConnectionRefused)),
        static () => new SdkException("simulated: credentials could not be read", new IOException("simulated")),
        static () => new WebException("simulated: no name"),
        static () => new SocketException((int)SocketError.NetworkUnreachable),
    ];

    /// <summary>What a call throws whose answer did not come, or not whole.</summary>
    public static IReadOnlyList<Func<Exception>> LostAnswers { get; } =
    [
        static () => new TaskCanceledException("simulated: no answer", new TimeoutException("simulated")),
        static () => new TimeoutException("simulated: no answer"),
        static () => new OperationCanceledException("simulated: no answer"),
        static () => new IOException("simulated: the connection ended"),
        static () => new HttpRequestException("simulated: the connection ended", new IOException("simulated")),
        static () => new JsonException("simulated: the answer ends too soon"),
        static () => new SdkException("simulated: the answer cannot be read"),
    ];

    /// <summary>Every kind of exception that the simulated stores throw counts as a failure, as the product sees it.</summary>
    public static IReadOnlyList<Type> Kinds { get; } = [typeof(SdkException), .. StoreFailures.Kinds];

    /// <summary>One of several, in turns.</summary>
    public static Func<Exception> Of(IReadOnlyList<Func<Exception>> kinds, long turn) => kinds[(int)(turn % kinds.Count)];
}

/// <summary>The store's answer that it refuses, or what its SDK throws of its own.</summary>
internal sealed class SdkException(string message, Exception? inner = null) : Exception(message, inner);
