using Orleans.Kpl.Pipeline.State;
using Orleans.Kpl.Silos.Membership;

namespace Orleans.Kpl.Silos.Backlog;

/// <summary>
/// Checks that the tables of a prefix belong to one cluster: two clusters would take each other's logs for those of silos that are gone.
/// The first silo writes a row that names the cluster, and every silo reads it before it does anything else.
/// </summary>
internal sealed class TableOwner(IStateStore store, KplClusterOptions? cluster, TimeProvider time)
{
    /// <summary>The kind of its row.</summary>
    public const string Kind = "cluster";

    /// <summary>The key of its row.</summary>
    public const string Key = "id";

    /// <exception cref="KplOptionsException">The tables belong to another cluster.</exception>
    /// <exception cref="StateStoreException">It cannot be told to which one they belong.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (cluster is not { Membership: ClusterMembership.DynamoDb })
            return;
        await StartupRetry.RunAsync<StateStoreException>(
            async () => Check((await EnterAsync(cancellationToken).ConfigureAwait(false)).Text),
            e => new($"Whose the tables are with the prefix {cluster.DynamoDb.TablePrefix} cannot be told: {e.Message}", e), time, cancellationToken)
            .ConfigureAwait(false);
    }

    private async Task<StateRow> EnterAsync(CancellationToken cancellationToken) =>
        await store.ReadAsync(Kind, Key, cancellationToken).ConfigureAwait(false)
        ?? await store.WriteAsync(Kind, Key, 0, cluster!.Id, cancellationToken).ConfigureAwait(false)
        ?? await store.ReadAsync(Kind, Key, cancellationToken).ConfigureAwait(false)
        ?? throw new StateStoreException("the row was deleted meanwhile");

    private void Check(string owner)
    {
        if (owner != cluster!.Id)
        {
            throw new KplOptionsException(
            [
                $"Kpl:DynamoDb:TablePrefix is '{cluster.DynamoDb.TablePrefix}': these tables belong to cluster '{owner}', and Kpl:Cluster:Id is '{cluster.Id}'. "
                + $"Give each cluster a prefix of its own; where '{owner}' is gone for good and this cluster is to go on with what it left, delete the row {Kind}/{Key} of {cluster.DynamoDb.TablePrefix}state.",
            ]);
        }
    }
}
