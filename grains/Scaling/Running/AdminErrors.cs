using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Planning;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>What went wrong, as it is told to whoever asked.</summary>
internal static class AdminErrors
{
    /// <summary>Runs something and gives its failures their public type.</summary>
    public static async Task<T> TellAsync<T>(Func<Task<T>> run)
    {
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (ReshardException e)
        {
            // The names of both are the same; a test holds them together.
            throw new StreamManagerException(e.Error.ToString(), e.Message);
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
