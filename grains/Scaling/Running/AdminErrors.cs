using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>Judges failures, and converts them to exceptions for the caller.</summary>
internal static class AdminErrors
{
    /// <summary>Whether a change is certainly not made. Kinesis, or a proxy before it, may answer with 500 after it was made.</summary>
    public static bool IsNotMade(KinesisException error) =>
        error.Kind == KinesisFailureKind.NotSent || error is { Kind: KinesisFailureKind.Refused, HttpStatus: >= 400 and < 500 };

    /// <summary>Runs a function and converts its failures to their public type.</summary>
    public static async Task<T> TellAsync<T>(Func<Task<T>> run)
    {
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (KinesisException e)
        {
            throw new StreamManagerException(e.Code, e.Message);
        }
        catch (StateStoreException e)
        {
            throw new StreamManagerException(StreamManagerErrorCodes.StateUnavailable, e.Message);
        }
    }

    public static StreamManagerException Running(string stream, string id) =>
        new(StreamManagerErrorCodes.OperationRunning, $"Operation {id} is changing the shards of {stream}.");

    public static StreamManagerException NotActive(string stream, string status) =>
        new(StreamManagerErrorCodes.StreamNotActive, $"The stream {stream} is {status}; its shards can be changed while it is ACTIVE.");
}
