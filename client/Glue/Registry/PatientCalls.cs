using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Glue.Registry;

/// <summary>The calls of one look-up: those that may succeed later are made again, with growing pauses, until the time for all of them is over.</summary>
/// <param name="maxWait">The time for all of them.</param>
/// <param name="jitter">A number from 0 to 1 for each pause.</param>
/// <param name="outcome">What is told, when the time is over, to have not come about.</param>
/// <param name="advice">What to do then.</param>
/// <param name="closing">Ends them early, without a message.</param>
internal sealed class PatientCalls(TimeSpan maxWait, TimeProvider time, Func<double> jitter, string outcome, string advice, CancellationToken closing)
    : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(3);
    private const int MostDoublings = 5;

    private readonly CancellationTokenSource _limit = new(maxWait, time);
    private CancellationTokenSource? _either;
    private KinesisException? _last;

    /// <summary>The operation that was called last.</summary>
    public string Operation { get; private set; } = "";

    private CancellationToken Token => (_either ??= CancellationTokenSource.CreateLinkedTokenSource(_limit.Token, closing)).Token;

    /// <exception cref="KinesisException">A failure that will stay one.</exception>
    /// <exception cref="GlueSchemaException">The time is over.</exception>
    public async Task<T> CallAsync<T>(string operation, Func<CancellationToken, Task<T>> call)
    {
        Operation = operation;
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await call(Token).ConfigureAwait(false);
            }
            catch (KinesisException error) when (MayPass(error))
            {
                _last = error;
            }
            catch (OperationCanceledException) when (Token.IsCancellationRequested && !closing.IsCancellationRequested)
            {
                throw TimeIsOver();
            }

            await PauseAsync(tries).ConfigureAwait(false);
        }
    }

    /// <summary>Waits 100 ms, then twice as long each time, 3 s at most; of each pause between half and all.</summary>
    public async Task PauseAsync(int pauses)
    {
        var pause = FirstPause * (1 << Math.Min(pauses, MostDoublings));
        try
        {
            await Task.Delay((pause < LongestPause ? pause : LongestPause) * (0.5 + jitter() / 2), time, Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!closing.IsCancellationRequested)
        {
            throw TimeIsOver();
        }
    }

    public void Dispose()
    {
        _either?.Dispose();
        _limit.Dispose();
    }

    /// <summary>Whether the same call may succeed a little later: no answer, too many calls, or a fault of the service.</summary>
    private static bool MayPass(KinesisException error) =>
        (error.MayPass() && error.Code != RecordErrorCodes.CredentialsUnavailable)
        || error.Code is "ConcurrentModificationException" or "OperationTimeoutException" or "InternalServiceException" or "TooManyRequestsException"
            or "RequestLimitExceeded" or "SlowDown";

    private GlueSchemaException TimeIsOver() => new(GlueErrorCodes.Timeout,
        $"{outcome} within {maxWait.TotalSeconds:0} s; the last call was {Operation}"
        + (_last is null ? ". " : $", and failed with {_last.Code}: {_last.Message.TrimEnd('.')}. ")
        + advice, _last);
}

/// <summary>Says what to do about an error of Glue.</summary>
internal static class SchemaAdvice
{
    public static GlueSchemaException Explain(KinesisException error, string operation, string schema, GlueOptions options)
    {
        var advice = error.Code switch
        {
            "AccessDeniedException" => $"allow glue:{operation} to these credentials, for registry '{options.RegistryName}'",
            "EntityNotFoundException" when operation == "GetSchemaVersion" =>
                $"it was deleted, or is of another region or account: correct {nameof(GlueOptions.Region)} or the credentials",
            "EntityNotFoundException" => $"create registry '{options.RegistryName}' in Glue, or correct {nameof(GlueOptions.RegistryName)} (registry.name) or the region",
            "InvalidInputException" => "Glue does not take the definition, the name or the format: correct them",
            "ResourceNumberLimitExceededException" => "delete schemas or versions in Glue, or ask AWS for a higher limit",
            RecordErrorCodes.CredentialsUnavailable => "give credentials: those of Kinesis sign these calls too (docs/credentials.md)",
            "UnrecognizedClientException" or "InvalidSignatureException" or "ExpiredTokenException" => "the credentials are wrong or have expired: renew them",
            _ => "docs/glue.md tells what the calls need",
        };
        return new GlueSchemaException(
            error.Code, $"schema '{schema}': {operation} failed with {error.Code}: {error.Message.TrimEnd('.')}. What to do: {advice}", error);
    }
}
