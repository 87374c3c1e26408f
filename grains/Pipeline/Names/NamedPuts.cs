using Orleans.Kpl.Pipeline.Idle;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Pipeline.Names;

/// <summary>Has each put go to its stream's canonical name, in the order of the calls: those by an ARN and those by the name in it.</summary>
internal sealed class NamedPuts(StreamNameResolver names)
{
    // Puts that wait until it is known whose stream an ARN names, by the name in it: one by that name must not overtake them.
    private readonly ClosingLines _unnamed = new();

    /// <summary>Returns the canonical name of a stream if puts may go there at once; null where they have to wait for it, or for others.</summary>
    public string? FindNow(string stream) =>
        names.Find(stream) is { } name && (_unnamed.IsEmpty || !_unnamed.Has(StreamNameResolver.NameIn(stream))) ? name : null;

    /// <summary>
    /// Puts under the canonical name as soon as it is known, in the order of the calls. What cannot be told goes nowhere: under the ARN it might have a second
    /// owner.
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
