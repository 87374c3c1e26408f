namespace Orleans.Kpl.Management;

/// <summary>Access to the managers of all streams, for ordinary callers.</summary>
internal sealed class StreamManagers(IGrainFactory grains)
{
    /// <summary>Calls the manager of one stream.</summary>
    /// <param name="stream">The stream's name or ARN.</param>
    /// <param name="cancellationToken">Cancels the wait; the requested work continues.</param>
    /// <remarks>
    /// While a lost silo is not yet declared dead, Orleans reports it in several ways; a cancelled search for the grain is one of them.
    /// This method maps all of them to one error code.
    /// </remarks>
    /// <exception cref="RecordValidationException">The stream is neither a name nor an ARN.</exception>
    /// <exception cref="StreamManagerException">The manager rejected the request, or did not respond.</exception>
    public async Task<T> AskAsync<T>(string stream, Func<IStreamManager, Task<T>> ask, CancellationToken cancellationToken)
    {
        StreamName.Check(stream);
        try
        {
            return await ask(grains.GetGrain<IStreamManager>(stream)).Observed().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is OrleansException or TimeoutException or OperationCanceledException)
        {
            throw new StreamManagerException(StreamManagerErrorCodes.ManagerUnavailable,
                $"the manager of {stream} did not answer, perhaps because a silo was just lost; whether it does what was asked is not known");
        }
    }
}
