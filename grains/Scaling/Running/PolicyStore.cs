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

    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public async Task<ScalingOptions?> FindAsync(CancellationToken cancellationToken) =>
        Read(await store.ReadAsync(PolicyKind, stream, cancellationToken).ConfigureAwait(false));

    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public Task WriteAsync(ScalingOptions policy, CancellationToken cancellationToken) =>
        ReplaceAsync(PolicyKind, _ => Text(policy), cancellationToken);

    /// <summary>Writes a policy over the one that was read. False, and nothing is written, where somebody has set another one since.</summary>
    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public async Task<bool> TryReplaceAsync(ScalingOptions read, ScalingOptions policy, CancellationToken cancellationToken)
    {
        var row = await store.ReadAsync(PolicyKind, stream, cancellationToken).ConfigureAwait(false);
        return Read(row) == read
            && await store.WriteAsync(PolicyKind, stream, row?.Version ?? 0, Text(policy), cancellationToken).ConfigureAwait(false) is not null;
    }

    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public async Task<ScalingState> StateAsync(CancellationToken cancellationToken) =>
        Parse(await store.ReadAsync(StateKind, stream, cancellationToken).ConfigureAwait(false));

    /// <exception cref="StateStoreException">The store did not answer.</exception>
    public Task ChangeStateAsync(Func<ScalingState, ScalingState> change, CancellationToken cancellationToken) =>
        ReplaceAsync(StateKind, row => JsonSerializer.Serialize(change(Parse(row)), PolicyJson.Default.ScalingState), cancellationToken);

    private static ScalingOptions? Read(StateRow? row) => row is null ? null : AdminJson.Read(row.Text, AdminJson.Default.ScalingOptions);

    private static string Text(ScalingOptions policy) => JsonSerializer.Serialize(policy, AdminJson.Default.ScalingOptions);

    private static ScalingState Parse(StateRow? row) =>
        row is null ? ScalingState.Start : JsonSerializer.Deserialize(row.Text, PolicyJson.Default.ScalingState) ?? ScalingState.Start;

    private async Task ReplaceAsync(string kind, Func<StateRow?, string> text, CancellationToken cancellationToken)
    {
        while (true)
        {
            var row = await store.ReadAsync(kind, stream, cancellationToken).ConfigureAwait(false);
            if (await store.WriteAsync(kind, stream, row?.Version ?? 0, text(row), cancellationToken).ConfigureAwait(false) is not null)
                return;
        }
    }
}

/// <summary>Serializes the state of a policy to JSON, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, IgnoreReadOnlyProperties = true,
    Converters = [typeof(HashKeyConverter)])]
[JsonSerializable(typeof(ScalingState))]
internal sealed partial class PolicyJson : JsonSerializerContext;
