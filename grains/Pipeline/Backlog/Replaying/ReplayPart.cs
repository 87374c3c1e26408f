namespace Orleans.Kpl.Pipeline.Backlog.Replaying;

/// <summary>Records of the backlog that were let out together.</summary>
/// <param name="replayer">Who let them out.</param>
/// <param name="bytesEach">What one of them is charged, on average.</param>
/// <param name="letOutAt">When.</param>
internal sealed class ReplayPart(Replayer replayer, double bytesEach, DateTimeOffset letOutAt)
{
    public void Delivered(in RecordResult result)
    {
        var waited = result.Attempts.Count > 0 ? (result.Attempts[0].StartedAt - letOutAt).Ticks : 0;
        replayer.Delivered(bytesEach, waited, result.Attempts.Count > 1);
    }

    public void Failed() => replayer.Failed(bytesEach);
}
