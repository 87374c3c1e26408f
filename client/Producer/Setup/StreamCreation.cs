using Microsoft.Extensions.Logging;
using Orleans.Kpl.Aws;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Pipeline.Timing;

namespace Orleans.Kpl.Producer.Setup;

/// <summary>Creates streams at a custom endpoint, in the background: no record waits for it, and it retries until each stream exists.</summary>
internal sealed partial class StreamCreation : IAsyncDisposable
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(10);

    /// <summary>Errors that a retry cannot change.</summary>
    private static readonly string[] FinalCodes =
        ["AccessDeniedException", "InvalidArgumentException", "ValidationException", "UnrecognizedClientException", "IncompleteSignatureException",
            "InvalidSignatureException"];

    private readonly KplOptions _options;
    private readonly ILogger _logger;
    private readonly KinesisClient _gateway;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _creating;

    /// <summary>Starts creating the streams.</summary>
    public StreamCreation(KplOptions options, IReadOnlyList<(string Name, int Shards)> streams, ILogger logger)
    {
        _options = options;
        _logger = logger;
        _gateway = KinesisClient.Create(options.Kinesis, TimeProvider.System);
        _creating = Task.WhenAll(streams.Select(CreateAsync));
    }

    /// <summary>Stops creating streams that do not exist yet.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _creating.ConfigureAwait(false);
        _gateway.Dispose();
        _stop.Dispose();
    }

    private async Task CreateAsync((string Name, int Shards) stream)
    {
        var settings = _options.GetStream(stream.Name);
        var target = StreamTarget.Of(stream.Name, settings);
        try
        {
            var backoff = new Backoff(FirstWait, LastWait);
            while (true)
            {
                var wait = backoff.Next();
                if (await TryCreateAsync(target, stream.Shards, wait))
                    return;
                await Task.Delay(wait, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            LogGivenUp(stream.Name);
        }
    }

    private async Task<bool> TryCreateAsync(StreamTarget target, int shards, TimeSpan wait)
    {
        try
        {
            await _gateway.CreateStreamAsync(target, shards, _stop.Token);
            LogCreated(target.Stream, shards);
            return true;
        }
        catch (KinesisException error) when (error.Code == "ResourceInUseException")
        {
            LogExists(target.Stream);
            return true;
        }
        catch (KinesisException error) when (FinalCodes.Contains(error.Code))
        {
            LogRefused(target.Stream, error.Code, error.Message);
            return true;
        }
        catch (KinesisException error)
        {
            LogFailed(target.Stream, error.Code, error.Message, wait.TotalMilliseconds);
            return false;
        }
    }

    [LoggerMessage(134, LogLevel.Information, "Stream {Stream} is being created with {Shards} shards")]
    private partial void LogCreated(string stream, int shards);

    [LoggerMessage(135, LogLevel.Information, "Stream {Stream} is already there")]
    private partial void LogExists(string stream);

    [LoggerMessage(136, LogLevel.Error, "Stream {Stream} cannot be created: {Code}: {Reason}")]
    private partial void LogRefused(string stream, string code, string reason);

    [LoggerMessage(137, LogLevel.Warning, "Stream {Stream} could not be created yet, and is tried again in {RetryInMilliseconds} ms: {Code}: {Reason}")]
    private partial void LogFailed(string stream, string code, string reason, double retryInMilliseconds);

    [LoggerMessage(138, LogLevel.Warning, "Stream {Stream} was not created before the process stopped")]
    private partial void LogGivenUp(string stream);
}
