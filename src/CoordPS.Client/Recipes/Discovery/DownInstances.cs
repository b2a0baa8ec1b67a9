namespace CoordPS.Client.Recipes;

/// <summary>The errors of instances, by id and time of registration: one registered anew starts without.</summary>
internal sealed class DownInstances(DownInstancePolicy policy, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Name, string Id, DateTimeOffset Registered), (long Since, int Errors)> _errors = [];

    internal void NoteError(ServiceInstance instance)
    {
        lock (_gate)
        {
            Forgive();
            (long since, int errors) = _errors.GetValueOrDefault(KeyOf(instance), (time.GetTimestamp(), 0));
            _errors[KeyOf(instance)] = (since, errors + 1);
        }
    }

    internal bool IsDown(ServiceInstance instance)
    {
        lock (_gate)
        {
            Forgive();
            return _errors.TryGetValue(KeyOf(instance), out (long Since, int Errors) found) && found.Errors >= policy.ErrorThreshold;
        }
    }

    private static (string Name, string Id, DateTimeOffset Registered) KeyOf(ServiceInstance instance) => (instance.Name, instance.Id, instance.RegistrationTime);

    private void Forgive()
    {
        foreach (var old in _errors.Where(error => time.GetElapsedTime(error.Value.Since) >= policy.Timeout).ToArray())
            _errors.Remove(old.Key);
    }
}
