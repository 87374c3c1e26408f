using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Cli.Tail;

/// <summary>Decides whether to wait and read again after a failed read, or to give up.</summary>
internal sealed class TailFailures(StatusLine status, TimeProvider time, string stream, string endpoint)
{
    public const string ExpiredIterator = "ExpiredIteratorException";

    /// <summary>How long a shard may fail before the command gives up.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan BetweenMessages = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private long _told;
    private bool _hasTold;

    /// <summary>Returns how long to wait before the call is made again.</summary>
    /// <param name="failures">The number of failures in a row, this one included.</param>
    /// <param name="since">When the first failure of the row occurred.</param>
    /// <exception cref="CliException">Another try cannot succeed.</exception>
    public TimeSpan Judge(KinesisException exception, int failures, long since)
    {
        var isThrottle = exception.Code is RecordErrorCodes.Throttled;
        if (exception.Code is RecordErrorCodes.ResourceNotFound)
            throw CliException.NotThere($"stream '{stream}' does not exist at {endpoint}: {exception.Message}");
        if (!isThrottle && !IsTransient(exception))
            throw CliException.NotThere($"stream '{stream}' cannot be read at {endpoint}: {exception.Code}: {exception.Message}");
        if (!isThrottle && time.GetElapsedTime(since) > Patience)
            throw CliException.NotThere($"{endpoint} cannot be reached any more: {exception.Code}: {exception.Message}");

        Tell(isThrottle
            ? "kpl: reads are throttled: the read limits of a shard (5 calls and 2 MiB a second) are shared with its other consumers"
            : $"kpl: {exception.Code}: {exception.Message}; trying again");
        return ReadPace.AfterFailure(failures);
    }

    private static bool IsTransient(KinesisException exception) =>
        exception.MayPass() || exception.Code is "ResourceInUseException" or "InternalFailure" or "ExpiredNextTokenException";

    private void Tell(string message)
    {
        lock (_lock)
        {
            if (_hasTold && time.GetElapsedTime(_told) < BetweenMessages)
                return;
            _hasTold = true;
            _told = time.GetTimestamp();
        }

        status.WriteLine(message);
    }
}
