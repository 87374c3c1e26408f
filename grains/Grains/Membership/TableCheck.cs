using Orleans.Kpl.Clustering.Members;
using Orleans.Kpl.DynamoDb.State;
using Orleans.Kpl.Pipeline.State;

namespace Orleans.Kpl.Grains.Membership;

/// <summary>
/// Where silos do not create tables, looks for all of them before anything of the silo starts: one failed start tells of every missing one. Otherwise
/// Orleans would tell of its own first, in its own words.
/// </summary>
internal sealed class TableCheck(KplDynamoDbOptions options, TimeProvider time, MembersLog log) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle observer) => observer.Subscribe("Orleans.Kpl tables", ServiceLifecycleStage.First, CheckAsync);

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        using var client = DynamoDbClients.Create(options, ClusterMembers.Locate(options));
        IReadOnlyList<string> errors = [];
        await TableWait.UntilAnsweredAsync(
            async () =>
            {
                try
                {
                    errors = await RequiredTables.FindErrorsAsync(client, [options.SilosTable, options.StateTable, options.BacklogTable], cancellationToken)
                        .ConfigureAwait(false);
                }
                catch (StateStoreException e)
                {
                    throw new StateStoreException($"The cluster's tables cannot be looked for: {e.Message}", e);
                }
            },
            log, time, cancellationToken).ConfigureAwait(false);
        if (errors.Count > 0)
            throw new KplOptionsException(errors);
    }
}
