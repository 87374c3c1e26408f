using System.Globalization;

namespace Orleans.Kpl.Simulation.Tests;

/// <summary>Histories that failed once.</summary>
public sealed class RegressionSeedTests
{
    private static readonly (int Seed, string Because)[] All =
    [
        (243, "two silos passed records back and forth until each was full of the other's"),
        (356, "records that silos held for each other never ended"),
        (581, "a record that was forwarded ended long after its time-to-live"),
        (6435, "a record of the backlog was sent again and again while no map explained where it was put"),
        (500000758, "so it was in a cluster, after the stream was created again"),
        (500004154, "a write of a process that had ended arrived after the next one had looked, and nobody removed it"),
        (9322, "what a client's former silo had kept was judged by the order of the next one"),
        (1109, "an owner that had an ordered shard again was held against the one in between"),
        (11302, "a record with a shorter time-to-live waited for that of the records before it, while no map was known"),
        (13112, "so it did at the next owner of an ordered shard, which waited for its turn"),
        (1007638, "a record that waited for a call expired when the calls before it had ended"),
        (501005305, "so it did behind several shards"),
        (4977, "what was read of a log while another process took it was counted as lost twice"),
        (501007170, "a silo did not find out that a stream was there again, and gave back what others forwarded"),
        (19189, "a silo with an older map went on sending for a parent that had been taken from it"),
        (500002320, "a record whose dead letter was not durable yet was judged by the order of those that went on without it"),
        (501011119, "so it was while the store was away"),
        (52090, "puts that came while an ordered stream closed went in in any order"),
        (148829, "so they did in a silo"),
        (1062971, "what a stream took that was created again twice, while its map could not be read, was judged as lost"),
        (13034946, "a stream that closed while its store was silent read its log again and again at one instant"),
        (212859501, "what had been read of a log was let out after the log was lost, and counted as lost and as delivered"),
        (393461, "an idle stream closed before its store knew what had been delivered"),
        (700003581, "a record with a shorter time-to-live ended with those that waited for the store in its segment"),
        (910041623, "numbers of a stream that was created again, and whose shards were resharded, were taken for wrong ones"),
        (930011660, "records of the backlog that came to no map waited for ever: nobody read it for them"),
        (930059951, "calls of one record over one connection were judged as if they took whatever came"),
        (930084000, "a question to a manager was lost, and was judged as if it were given up at once"),
        (941000876, "a request had longer to be answered than a client asks for its records"),
        (930083852, "a manager on a new silo told nobody what its former one had not seen: silos went on with closed shards"),
        (930179645, "so it did where the shards changed once more"),
        (930133271, "three silos, one of which waited for the answer to a lost question, passed a record round"),
        (950022901, "large records of one key were judged as if all shards took them"),
        (950086057, "so were batches that are many times what fits into a silo's memory, of clients that had to wait for it"),
        (970155381, "a drain let out more of the backlog than memory is for"),
        (501011925, "what an owner had given back expired with what it was still sending"),
        (5416, "owners of child shards waited twice for what a lost owner of their parents might still send"),
        (1003595, "records that did not linger were judged as if aggregates were full"),
        (970127580, "a silo that drained did not know that it was taken for lost, renewed its lease, and sent for a shard beside the next owner"),
        (970323491, "silos forwarded more to the busiest shard than it takes, and were judged as if all shards took as much"),
        (971726452, "hash keys that an owner gave to records of other silos were charged there for ever"),
        (970704316, "an answer went with its gateway, the silo had no memory for the records from then on, and a loss was judged that was none"),
        (972857775, "a silo that drained had left its backlog to another one, and was judged as if it had not"),
        (972868776, "a call came twice: its client was told that there is no memory, and what was taken of the second one was judged"),
        (980045097, "requests that were not made for want of a lease were counted as attempts, and records failed"),
        (980018833, "what a silo accepted that had been taken for lost was judged by the order of what it had persisted"),
        (987000914, "two producers put more than a shard takes that most keys go to, and were judged as if all shards took as much"),
        (1002500883, "a silo that the manager did not know yet was told of no reshard, kept its parent, and the records of the child expired"),
        (1061002051, "a silo that was frozen before its log was open wrote into one that another had taken over, and no row named it"),
        (1070034401, "a call that opened a log came after the stream had closed and opened it again, and shut it out of its own log"),
        (1074003037, "records that go alone were sought for one after the other in listings that stood still, and were judged as if an aggregate had them"),
    ];

    /// <summary>One process for all of them: what it costs to start one is more than a history does.</summary>
    private static readonly Lazy<Task<SimulatorRun>> Run = new(
        static () => SimulatorRun.StartAsync("--seeds", string.Join(',', All.Select(static a => Number(a.Seed))), "--seconds", "3600", "--all"));

    public static TheoryData<int, string> Seeds => new(All);

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Seed_ThatFailedOnce_Holds(int seed, string because)
    {
        var told = (await Run.Value).Output.Split('\n').FirstOrDefault(l => l.StartsWith($"seed {Number(seed)}: ", StringComparison.Ordinal));

        Assert.True(told?.EndsWith(": held", StringComparison.Ordinal), $"{because}: {told ?? (await Run.Value).Output}");
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
