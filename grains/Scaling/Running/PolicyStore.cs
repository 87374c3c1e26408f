using System.Text.Json;
using System.Text.Json.Serialization;
using Orleans.Kpl.Administration;
using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Scaling.Operations;
using Orleans.Kpl.Scaling.Policy;

namespace Orleans.Kpl.Scaling.Running;

/// <summary>A stream's policy (<c>policy</c> / stream) and the state it remembers (<c>policy-state</c> / stream).</summary>
internal sealed class PolicyStore(IStateStore store, string stream)
{
    /// <summary>The row kind of the policies of all streams.</summary>
    public const string PolicyKind = "policy";

    private const string StateKind = "policy-state";

    /// <summary>Returns whether a row of <see cref="PolicyKind"/> is of a policy that is off. One that cannot be read is not: its manager tells so.</summary>
    public static bool IsOff(StateRow row)
    {
        try
        {
            return AdminJson.Read(row.Text, AdminJson.Default.ScalingOptions).Mode == ScalingMode.Off;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Returns the policy with its version; null where none was set.</summary>
    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public async Task<ScalingOptions?> FindAsync(CancellationToken cancellationToken) =>
        await store.ReadAsync(PolicyKind, stream, cancellationToken).ConfigureAwait(false) is { } row
            ? AdminJson.Read(row.Text, AdminJson.Default.ScalingOptions) with { Version = row.Version }
            : null;

    /// <summary>
    /// Writes a policy over the version that it names, or over any, and returns it with its own version. Null, and nothing is written, where another one has
    /// been set since.
    /// </summary>
    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public async Task<ScalingOptions?> WriteAsync(ScalingOptions policy, CancellationToken cancellationToken)
    {
        var text = JsonSerializer.Serialize(policy with { Version = null }, AdminJson.Default.ScalingOptions);
        var row = policy.Version is { } over
            ? await store.WriteAsync(PolicyKind, stream, over, text, cancellationToken).ConfigureAwait(false)
            : await ReplaceAsync(PolicyKind, _ => text, cancellationToken).ConfigureAwait(false);
        return row is null ? null : policy with { Version = row.Version };
    }

    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public async Task<ScalingState> StateAsync(CancellationToken cancellationToken) =>
        Parse(await store.ReadAsync(StateKind, stream, cancellationToken).ConfigureAwait(false));

    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public Task ChangeStateAsync(Func<ScalingState, ScalingState> change, CancellationToken cancellationToken) =>
        ReplaceAsync(StateKind, row => JsonSerializer.Serialize(change(Parse(row)), PolicyJson.Default.ScalingState), cancellationToken);

    private static ScalingState Parse(StateRow? row) =>
        row is null ? ScalingState.Start : JsonSerializer.Deserialize(row.Text, PolicyJson.Default.ScalingState) ?? ScalingState.Start;

    private async Task<StateRow> ReplaceAsync(string kind, Func<StateRow?, string> text, CancellationToken cancellationToken)
    {
        while (true)
        {
            var row = await store.ReadAsync(kind, stream, cancellationToken).ConfigureAwait(false);
            if (await store.WriteAsync(kind, stream, row?.Version ?? 0, text(row), cancellationToken).ConfigureAwait(false) is { } written)
                return written;
        }
    }
}

/// <summary>Serializes the state of a policy to JSON, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, IgnoreReadOnlyProperties = true,
    Converters = [typeof(HashKeyConverter)])]
[JsonSerializable(typeof(ScalingState))]
internal sealed partial class PolicyJson : JsonSerializerContext;
