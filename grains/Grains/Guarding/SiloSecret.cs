using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Grains.Guarding;

/// <summary>
/// The secret in the calls of silos to each other: 128 random bits that the cluster's first silo leaves in the table of shared state. Clients cannot
/// read that table through the tier, so they never see it.
/// </summary>
internal sealed class SiloSecret(IStateStore store)
{
    /// <summary>The name under which it travels with a call.</summary>
    public const string Header = "kpl.silo";

    /// <summary>The kind of its row.</summary>
    public const string Kind = "secret";

    /// <summary>The key of its row.</summary>
    public const string Key = "silos";

    private const int Bytes = 16;

    private volatile string? _text;

    /// <exception cref="StreamManagerException">It is not known yet, and the store does not answer.</exception>
    public async ValueTask<string> GetAsync()
    {
        try
        {
            return _text ??= (await EnterAsync().ConfigureAwait(false)).Text;
        }
        catch (StateStoreException e)
        {
            throw new StreamManagerException(StreamManagerErrorCodes.StateUnavailable, $"the silos' secret cannot be read now: {e.Message}");
        }
    }

    /// <summary>Whether a call carries it. How long that takes tells nothing of it.</summary>
    public async ValueTask<bool> IsSameAsync(string? text)
    {
        var own = await GetAsync().ConfigureAwait(false);
        return text is not null && CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(own.AsSpan()), MemoryMarshal.AsBytes(text.AsSpan()));
    }

    private async Task<StateRow> EnterAsync() =>
        await store.ReadAsync(Kind, Key, CancellationToken.None).ConfigureAwait(false)
        ?? await store.WriteAsync(Kind, Key, 0, Convert.ToHexString(RandomNumberGenerator.GetBytes(Bytes)), CancellationToken.None).ConfigureAwait(false)
        ?? await store.ReadAsync(Kind, Key, CancellationToken.None).ConfigureAwait(false)
        ?? throw new StateStoreException("the row of the silos' secret was deleted meanwhile");
}
