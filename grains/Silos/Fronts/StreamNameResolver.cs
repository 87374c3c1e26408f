using System.Collections.Concurrent;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Silos.Fronts;

/// <summary>
/// Gives each stream one canonical name: its name if it is in the tier's own region and account, else its ARN. Two spellings must not make
/// two owners of a shard.
/// </summary>
internal sealed class StreamNameResolver(KplOptions options, IKinesisGateway kinesis)
{
    private const string Prefix = ":stream/";

    private readonly ConcurrentDictionary<string, Task<string?>> _arns = new(StringComparer.Ordinal);

    /// <summary>
    /// Returns the canonical name of a stream that is given by name or ARN. An ARN is compared, once, with the ARN that Kinesis has for the
    /// name.
    /// </summary>
    /// <exception cref="RecordValidationException">The text is neither a name nor an ARN.</exception>
    public ValueTask<string> CanonicalAsync(string stream)
    {
        StreamName.Check(stream);
        if (!stream.StartsWith("arn:", StringComparison.Ordinal))
            return new ValueTask<string>(stream);
        var asked = _arns.GetOrAdd(stream, AskAsync);
        return asked is { IsCompletedSuccessfully: true, Result: { } known } ? new ValueTask<string>(known) : new ValueTask<string>(AwaitAsync(stream, asked));
    }

    /// <summary>Returns the stream's canonical name if it was resolved before; otherwise the given text.</summary>
    public string Known(string stream) =>
        _arns.TryGetValue(stream, out var asked) && asked is { IsCompletedSuccessfully: true, Result: { } known } ? known : stream;

    private async Task<string> AwaitAsync(string arn, Task<string?> asked)
    {
        if (await asked.ConfigureAwait(false) is { } known)
            return known;

        // Kinesis did not answer: this call uses the ARN, the next one asks again.
        _arns.TryRemove(KeyValuePair.Create(arn, asked));
        return arn;
    }

    private async Task<string?> AskAsync(string arn)
    {
        var name = arn[(arn.IndexOf(Prefix, StringComparison.Ordinal) + Prefix.Length)..];
        try
        {
            var target = StreamTarget.Of(name, options.GetStream(name));
            var summary = await kinesis.DescribeStreamSummaryAsync(target, CancellationToken.None).ConfigureAwait(false);
            return summary.StreamArn == arn ? name : arn;
        }
        catch (KinesisException e) when (e.Code == RecordErrorCodes.ResourceNotFound)
        {
            return arn;
        }
        catch (KinesisException)
        {
            return null;
        }
    }
}
