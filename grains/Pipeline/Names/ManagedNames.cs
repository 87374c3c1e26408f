using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Names;

/// <summary>The names under which streams are managed. A stream managed under its ARN too would have a second policy and a second history.</summary>
internal static class ManagedNames
{
    /// <summary>Returns the canonical name of a stream.</summary>
    /// <exception cref="StreamManagerException">It cannot be told now.</exception>
    public static async ValueTask<string> ManagedAsync(this StreamNameResolver names, string stream, CancellationToken cancellationToken = default)
    {
        try
        {
            return await names.CanonicalAsync(stream, cancellationToken).ConfigureAwait(false);
        }
        catch (KinesisException e)
        {
            throw new StreamManagerException(StreamManagerErrorCodes.StateUnavailable, $"whose stream {stream} is cannot be told now: {e.Message}");
        }
    }
}
