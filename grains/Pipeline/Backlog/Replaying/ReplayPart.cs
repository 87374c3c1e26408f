namespace Orleans.Kpl.Pipeline.Backlog.Replaying;

/// <summary>Records of the backlog that were replayed together.</summary>
/// <param name="replayer">The replayer that released them.</param>
/// <param name="bytesEach">The average charge of one of them, in bytes.</param>
/// <param name="letOutAt">When they were released.</param>
internal sealed class ReplayPart(Replayer replayer, double bytesEach, DateTimeOffset letOutAt)
{
    public void Delivered(in RecordResult result)
    {
        var waited = result.Attempts.Count > 0 ? (result.Attempts[0].StartedAt - letOutAt).Ticks : 0;
        replayer.Delivered(bytesEach, waited, result.Attempts.Count > 1);
    }

    public void Failed() => replayer.Failed(bytesEach);
}
