using Orleans.Runtime;

namespace Orleans.Kpl.Management;

/// <summary>The managers of all streams, as an ordinary caller asks them.</summary>
internal sealed class StreamManagers(IGrainFactory grains)
{
    /// <summary>Asks the manager of one stream.</summary>
    /// <param name="stream">The stream's name or ARN.</param>
    /// <param name="ask">The call.</param>
    /// <param name="cancellationToken">Ends the waiting; what was asked for goes on.</param>
    /// <remarks>
    /// While a silo that was just lost is not yet declared dead, Orleans says so in several ways: a cancelled search for the grain is one. All of them
    /// become one error code.
    /// </remarks>
    /// <exception cref="RecordValidationException">The stream is neither a name nor an ARN.</exception>
    /// <exception cref="StreamManagerException">The manager refused, or did not answer.</exception>
    public async Task<T> AskAsync<T>(string stream, Func<IStreamManager, Task<T>> ask, CancellationToken cancellationToken)
    {
        StreamName.Check(stream);
        try
        {
            return await ask(grains.GetGrain<IStreamManager>(stream)).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is OrleansException or TimeoutException or OperationCanceledException)
        {
            throw new StreamManagerException(StreamManagerErrorCodes.ManagerUnavailable,
                $"the manager of {stream} did not answer, perhaps for a silo was just lost; whether it does what was asked is not known: {e.Message}");
        }
    }
}
