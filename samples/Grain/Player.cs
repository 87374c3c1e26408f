using Orleans.Kpl;

namespace Samples.Game;

/// <summary>A player of a game.</summary>
public interface IPlayer : IGrainWithStringKey
{
    /// <summary>Adds points and tells the stream of it.</summary>
    /// <returns>The shard and the sequence number of the record.</returns>
    Task<string> Score(int points);
}

/// <summary>Puts a record at each score: its key is the player, so that one shard has all of a player's scores.</summary>
public sealed class Player : Grain, IPlayer
{
    private int _points;

    /// <inheritdoc/>
    public async Task<string> Score(int points)
    {
        _points += points;
        IStreamProducer scores = GrainFactory.GetGrain<IStreamProducer>("scores");
        RecordResult result = await scores.PutRecord(UserRecord.FromText(this.GetPrimaryKeyString(), $"{_points}"));
        result.EnsureSuccess();
        return $"{result.ShardId} {result.SequenceNumber}";
    }
}
