using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Names;

/// <summary>Sends puts to their stream's canonical name. Puts by an ARN and puts by the name in it keep the order of their calls.</summary>
internal sealed class NamedPuts(StreamNameResolver names)
{
    // Puts that wait until it is known whose stream an ARN names, by the name in it: one by that name must not overtake them.
    private readonly ClosingLines _unnamed = new();

    /// <summary>Returns the canonical name of a stream if puts may go there at once; null where they have to wait for it, or for others.</summary>
    public string? FindNow(string stream) =>
        names.Find(stream) is { } name && (_unnamed.IsEmpty || !_unnamed.Has(StreamNameResolver.NameIn(stream))) ? name : null;

    /// <summary>
    /// Puts under the canonical name as soon as it is known, in the order of the calls. While it cannot be known nothing is put: under the ARN a shard might
    /// get a second owner.
    /// </summary>
    public async ValueTask<T> InTurnAsync<T>(
        string stream, Func<string, ValueTask<T>> put, Func<KinesisException, T> fail, CancellationToken cancellationToken)
    {
        ValueTask<T> under;
        using (var turn = _unnamed.Join(StreamNameResolver.NameIn(stream)))
        {
            await turn.Before.ConfigureAwait(false);
            try
            {
                under = put(await names.CanonicalAsync(stream, cancellationToken).ConfigureAwait(false));
            }
            catch (KinesisException e)
            {
                return fail(e);
            }
        }

        return await under.ConfigureAwait(false);
    }
}
